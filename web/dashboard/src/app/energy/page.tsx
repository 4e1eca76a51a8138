import type { Metadata } from 'next';
import { EnergyPage } from '../../energy/energy-page';

export const metadata: Metadata = { title: 'Energy' };

export default EnergyPage;
