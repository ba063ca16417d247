// Arithmetic on decimal numbers: + - * / ^ % and parentheses, read by a small parser and never evaluated as code.
import { z } from "zod";
import { fail } from "../contract/failure.ts";
import { defineTool } from "./tool.ts";

const maxDepth = 100;

/** @throws FailureError `input.invalid`, naming the place */
export function calculate(expression: string): number {
  const tokens = [...expression.matchAll(/\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?|\.\d+)|([-+*/^%()])|(\S))/g)];
  let at = 0;
  let depth = 0;
  const peek = () => tokens[at]?.[2];
  const wrong = () => {
    const place = tokens[at];
    return fail(
      "input.invalid",
      place ? `"${place[0].trim()}" at character ${place.index + 1} is not arithmetic.` : "The expression ends too early.",
    );
  };

  function sum(): number {
    let value = product();
    for (let sign = peek(); sign === "+" || sign === "-"; sign = peek()) {
      at += 1;
      const right = product();
      value = sign === "+" ? value + right : value - right;
    }
    return value;
  }
  function product(): number {
    let value = unary();
    for (let sign = peek(); sign === "*" || sign === "/" || sign === "%"; sign = peek()) {
      at += 1;
      const right = unary();
      if (sign !== "*" && right === 0) throw fail("input.invalid", "Division by zero has no result.");
      value = sign === "*" ? value * right : sign === "/" ? value / right : value % right;
    }
    return value;
  }
  function unary(): number {
    if (peek() === "-" || peek() === "+") {
      const sign = peek();
      at += 1;
      if (++depth > maxDepth) throw fail("input.invalid", "The expression is nested too deep.");
      const value = unary();
      depth -= 1;
      return sign === "-" ? -value : value;
    }
    return power();
  }
  function power(): number {
    const base = atom();
    if (peek() !== "^") return base;
    at += 1;
    if (++depth > maxDepth) throw fail("input.invalid", "The expression is nested too deep.");
    const value = base ** unary();
    depth -= 1;
    return value;
  }
  function atom(): number {
    const number = tokens[at]?.[1];
    if (number !== undefined) {
      at += 1;
      return Number(number);
    }
    if (peek() !== "(") throw wrong();
    at += 1;
    if (++depth > maxDepth) throw fail("input.invalid", "The expression is nested too deep.");
    const value = sum();
    if (peek() !== ")") throw wrong();
    at += 1;
    depth -= 1;
    return value;
  }

  const value = sum();
  if (at < tokens.length) throw wrong();
  if (!Number.isFinite(value)) throw fail("input.invalid", "The result is not a number that can be shown.");
  return Number(value.toPrecision(15));
}

const calculator = defineTool({
  name: "calculator",
  description: "Works out arithmetic: + - * / ^ % (remainder) and parentheses.",
  effect: "pure",
  input: z.strictObject({ expression: z.string().min(1).max(2000) }),
  run: ({ expression }) => ({ value: calculate(expression) }),
});

export const calculatorTools = [calculator];
