import type { Ask } from '../api/ask';

/** What the energy routes answer, as far as it is shown. */
export type Level = 'brand' | 'organization' | 'location' | 'circuit';

export interface Figures {
  energy_kwh: number | null;
  total_power_w: number | null;
  average_w_per_circuit: number | null;
  peak_demand_w: number | null;
  demand_load_factor: number | null;
  coverage: number | null;
  partial: boolean;
  missing_readings: number | null;
  circuits: number;
  reporting_circuits: number;
}

export interface Scope {
  level: Level | 'electric_sensor';
  id: string;
  name: string;
  above: { level: Level | 'electric_sensor'; id: string; name: string }[];
  circuits: number;
}

export interface PowerReport {
  scope: Scope;
  figures: Figures;
  children: { scope: Scope; figures: Figures }[];
  buckets: { start: string; local_start: string; figures: Figures }[];
  rules: { definitions: Record<string, string> };
}

export interface BrandList {
  items: {
    id: string;
    name: string;
    organization_count: number;
    location_count: number;
    sensor_count: number;
    circuit_count: number;
  }[];
  next_cursor: string | null;
}

export interface Brand {
  id: string;
  name: string;
  circuit_count: number;
  organizations: { id: string; name: string; locations: { id: string; name: string }[] }[];
}

/** A brand with everything below it. */
export const brandAsk = (id: string): Ask => ({ path: `/v1/brands/${encodeURIComponent(id)}/metadata` });

const PLACES: Record<Level, string> = {
  brand: 'brands',
  organization: 'organizations',
  location: 'locations',
  circuit: 'circuits',
};

export const powerPath = (level: Level, id: string): string =>
  `/api/v1/${PLACES[level]}/${encodeURIComponent(id)}/power`;
