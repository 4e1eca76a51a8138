import type { Metadata } from 'next';
import { RetentionPage } from '../../questions/retention-page';

export const metadata: Metadata = { title: 'Retention' };

export default RetentionPage;
