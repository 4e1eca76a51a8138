import type { Metadata } from 'next';
import { PropertyPage } from '../../property/property-page';

export const metadata: Metadata = { title: 'Property' };

export default PropertyPage;
