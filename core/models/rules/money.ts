// Amounts of money in a sentence, in the ways that people write them.
import { regionOf, type Person } from "./person.ts";

export interface Money {
  /** Decimal point, as many digits as were written: `23.50`. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Why this currency, where it was not written plainly. */
  readonly remark: string | undefined;
  readonly start: number;
  readonly end: number;
}

const symbols: Readonly<Record<string, string>> = {
  us$: "USD",
  ca$: "CAD",
  c$: "CAD",
  au$: "AUD",
  a$: "AUD",
  nz$: "NZD",
  hk$: "HKD",
  s$: "SGD",
  r$: "BRL",
  mx$: "MXN",
  $: "USD",
  "€": "EUR",
  "£": "GBP",
  "¥": "JPY",
  "₹": "INR",
  "₽": "RUB",
  "₩": "KRW",
  "₺": "TRY",
  "₴": "UAH",
  "₪": "ILS",
  "฿": "THB",
  "₫": "VND",
  "₱": "PHP",
  "₦": "NGN",
  zł: "PLN",
  kč: "CZK",
  ft: "HUF",
  kr: "SEK",
  "kr.": "SEK",
  "fr.": "CHF",
  "sfr.": "CHF",
  rs: "INR",
  "rs.": "INR",
};
const names: Readonly<Record<string, string>> = {
  euro: "EUR",
  euros: "EUR",
  dollar: "USD",
  dollars: "USD",
  buck: "USD",
  bucks: "USD",
  pound: "GBP",
  pounds: "GBP",
  quid: "GBP",
  yen: "JPY",
  rupee: "INR",
  rupees: "INR",
  franc: "CHF",
  francs: "CHF",
  zloty: "PLN",
  zlotys: "PLN",
  kronor: "SEK",
  krona: "SEK",
  kroner: "NOK",
  yuan: "CNY",
  rmb: "CNY",
  won: "KRW",
  lira: "TRY",
  rubles: "RUB",
  roubles: "RUB",
  pesos: "MXN",
  reais: "BRL",
  forint: "HUF",
  shekels: "ILS",
  baht: "THB",
};
const codes =
  "USD EUR GBP JPY CHF SEK NOK DKK PLN CZK HUF RON BGN CAD AUD NZD SGD HKD CNY INR KRW BRL MXN TRY ILS ZAR THB PHP IDR MYR VND AED SAR UAH RUB ISK".split(
    " ",
  );
const dollarRegions: Readonly<Record<string, string>> = { CA: "CAD", AU: "AUD", NZ: "NZD", SG: "SGD", HK: "HKD", MX: "MXN" };
const crownRegions: Readonly<Record<string, string>> = { NO: "NOK", DK: "DKK", IS: "ISK", SE: "SEK" };
const regionCurrencies: Readonly<Record<string, string>> = {
  US: "USD",
  GB: "GBP",
  JP: "JPY",
  CH: "CHF",
  LI: "CHF",
  SE: "SEK",
  NO: "NOK",
  DK: "DKK",
  PL: "PLN",
  CZ: "CZK",
  HU: "HUF",
  RO: "RON",
  IN: "INR",
  CN: "CNY",
  KR: "KRW",
  BR: "BRL",
  MX: "MXN",
  CA: "CAD",
  AU: "AUD",
  NZ: "NZD",
  SG: "SGD",
  HK: "HKD",
  TR: "TRY",
  IL: "ILS",
  ZA: "ZAR",
  UA: "UAH",
  IS: "ISK",
  TH: "THB",
};
const euroRegions = "AT BE HR CY EE FI FR DE GR IE IT LV LT LU MT NL PT SK SI ES".split(" ");

const number = String.raw`\d{1,3}(?:[ \u00a0'’]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)*`;
const sign = Object.keys(symbols)
  .sort((a, b) => b.length - a.length)
  .map((text) => text.replaceAll(/[$.]/g, "\\$&"))
  .join("|");
const before = new RegExp(String.raw`(?<![\p{L}\d])(${sign}|${codes.join("|")})\s?(${number})(k)?(?![\p{L}\d%])`, "giu");
const after = new RegExp(
  String.raw`(?<![\p{L}\d.,:/-])(${number})(k)?\s?(${sign}|${codes.join("|")}|${Object.keys(names).join("|")})(?![\p{L}\d])`,
  "giu",
);
/** "Coffee 3.50": a thing and a price with cents, and nothing else. */
const lone = new RegExp(String.raw`^\s*[\p{L}][\p{L} '’-]{1,30}[:,]?\s(\d{1,5}[.,]\d\d)\s*$`, "u");
/** A number without a currency that a verb of paying or "for" and "on" make an amount. */
const bare = new RegExp(
  String.raw`(?:\b(?:spent|spend|paid|pay|cost|costs|costed|charged|gave|and|another|plus|(?:bought|got)\s[\p{L} '’-]{1,40}\sfor)\s+(?:me\s+|about\s+|around\s+|only\s+)?)(${number})(?=\s+(?:on|for|at)\b|\s*$|\s*[,.;!]|\s+and\b)(?!\s*(?:am|pm|o'clock|people|times|days|%))`,
  "giu",
);

/** "20 for parking, 30 for fuel": a number that goes on with a list of them. */
const listed = new RegExp(String.raw`(?<=\b(?:spent|paid)\b.{1,200},\s)(${number})(?=\s+(?:on|for)\b)`, "giu");

/** Every amount in order. Numbers without a currency count only next to a verb of paying. */
export function readMoney(text: string, person: Person): Money[] {
  const found: Money[] = [];
  const take = (money: Money) => {
    if (!found.some(({ start, end }) => money.start < end && start < money.end)) found.push(money);
  };
  for (const match of text.matchAll(before)) {
    const { index } = match;
    const [all, unit = "", digits = "", thousand] = match;
    take({ ...amountOf(digits, thousand), ...currencyOf(unit, person), start: index, end: index + all.length });
  }
  for (const match of text.matchAll(after)) {
    const { index } = match;
    const [all, digits = "", thousand, unit = ""] = match;
    take({ ...amountOf(digits, thousand), ...currencyOf(unit, person), start: index, end: index + all.length });
  }
  const alone = lone.exec(text);
  for (const match of [...text.matchAll(bare), ...text.matchAll(listed), ...(alone ? [alone] : [])]) {
    const [all, digits = ""] = match;
    const end = match.index + all.trimEnd().length;
    const neighbour = found.find((money) => money.end <= end) ?? found[0];
    const currency = neighbour?.currency ?? localCurrency(person);
    const remark = neighbour ? undefined : `No currency was given, so ${currency} is assumed.`;
    take({ ...amountOf(digits, undefined), currency, remark, start: end - digits.length, end });
  }
  return found.sort((a, b) => a.start - b.start);
}

export function localCurrency(person: Person): string {
  const region = regionOf(person);
  return euroRegions.includes(region) ? "EUR" : (regionCurrencies[region] ?? "USD");
}

/** 1,234.56 · 1.234,56 · 1 234,56 · 12,50 · 1,200 → digits with a decimal point. */
function amountOf(digits: string, thousand: string | undefined): { amount: string } {
  const plain = digits.replaceAll(/[ \u00a0'’]/g, "");
  const last = Math.max(plain.lastIndexOf("."), plain.lastIndexOf(","));
  const decimals = last < 0 ? 0 : plain.length - last - 1;
  const mark = plain.charAt(last);
  const single = plain.indexOf(mark) === last;
  const isDecimal = last >= 0 && single && (decimals === 1 || decimals === 2 || (decimals !== 3 && decimals > 0));
  const whole = isDecimal ? plain.slice(0, last) : plain;
  const fraction = isDecimal ? plain.slice(last + 1) : "";
  const text = whole.replaceAll(/[.,]/g, "") + (fraction ? `.${fraction}` : "");
  return { amount: thousand ? String(Number(text) * 1000) : text };
}

function currencyOf(unit: string, person: Person): { currency: string; remark: string | undefined } {
  const lower = unit.toLowerCase();
  const upper = unit.toUpperCase();
  const region = regionOf(person);
  if (codes.includes(upper)) return { currency: upper, remark: undefined };
  if (lower === "$" || /^(?:dollars?|bucks?)$/.test(lower)) {
    const local = dollarRegions[region];
    return local ? { currency: local, remark: `Dollars are taken for ${local}.` } : { currency: "USD", remark: undefined };
  }
  if (/^kr\.?$/.test(lower)) {
    const local = crownRegions[region];
    return { currency: local ?? "SEK", remark: local ? undefined : "Crowns are taken for SEK." };
  }
  if (unit === "¥" && region === "CN") return { currency: "CNY", remark: undefined };
  return { currency: symbols[lower] ?? names[lower] ?? "USD", remark: undefined };
}
