import type { Metadata } from 'next';
import { QualityPage } from '../../quality/quality-page';

export const metadata: Metadata = { title: 'Data quality' };

export default QualityPage;
