import type { Metadata } from 'next';
import { FunnelsPage } from '../../questions/funnels-page';

export const metadata: Metadata = { title: 'Funnels' };

export default FunnelsPage;
