const LOCALE = 'en-GB';
const formats = new Map<number, Intl.NumberFormat>();

/** A number with so many decimals and a real minus; an em dash where there is none. */
export function number(value: number | null | undefined, decimals = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  let format = formats.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, format);
  }
  return format.format(value).replace('-', '−');
}

export function signed(value: number | null | undefined, decimals = 1): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const text = number(Math.abs(value), decimals);
  return `${Number(value.toFixed(decimals)) === 0 ? '±' : value < 0 ? '−' : '+'}${text}`;
}

export const percent = (share: number | null | undefined, decimals = 0): string =>
  share === null || share === undefined ? '–' : `${number(share * 100, decimals)} %`;

/** Figures as people say them: 37.6 k, 1.05 M. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

const dateFormat = new Intl.DateTimeFormat(LOCALE, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});
const monthFormat = new Intl.DateTimeFormat(LOCALE, { month: 'long', year: 'numeric', timeZone: 'UTC' });

export const day = (text: string): string => dateFormat.format(Date.parse(text));
export const month = (text: string): string => monthFormat.format(Date.parse(text));
export const instant = (text: string): string => text.slice(0, 19).replace('T', ' ');
export const clock = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().slice(11, 19).concat(' UTC');

export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 90) return `${number(seconds)} s`;
  if (seconds < 5400) return `${number(seconds / 60)} min`;
  if (seconds < 172_800) return `${number(seconds / 3600, 1)} h`;
  return `${number(seconds / 86_400, 1)} d`;
}

export const quarter = (start: string): string =>
  `Q${Math.floor(Number(start.slice(5, 7)) / 3.01) + 1} ${start.slice(0, 4)}`;
