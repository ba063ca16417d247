// Gives the same object while what it was made of is the same, so that what draws it can leave it alone.

export function newReuse<T>(): (key: string, madeOf: readonly unknown[], make: () => T) => T {
  const known = new Map<string, { readonly madeOf: readonly unknown[]; readonly value: T }>();
  return (key, madeOf, make) => {
    const found = known.get(key);
    if (found && found.madeOf.length === madeOf.length && found.madeOf.every((part, index) => Object.is(part, madeOf[index]))) {
      return found.value;
    }
    const value = make();
    known.set(key, { madeOf, value });
    return value;
  };
}
