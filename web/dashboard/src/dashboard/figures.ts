import { number } from '../marks/format';

/** A number with the decimals that its size asks for. */
export const shown = (value: number | null | undefined): string =>
  value === null || value === undefined
    ? '–'
    : number(value, Number.isInteger(value) || Math.abs(value) >= 1000 ? 0 : Math.abs(value) < 1 ? 3 : 2);

/** None where all are whole. */
export const decimals = (values: readonly (number | null)[]): number =>
  values.every((one) => one === null || Number.isInteger(one)) ? 0 : 2;
