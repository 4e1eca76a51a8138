import type { Metadata } from 'next';
import { AttributionPage } from '../../questions/attribution-page';

export const metadata: Metadata = { title: 'Attribution' };

export default AttributionPage;
