import type { Metadata } from 'next';
import { ComparePage } from '../../compare/compare-page';

export const metadata: Metadata = { title: 'Compare' };

export default ComparePage;
