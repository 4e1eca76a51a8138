import type { Metadata } from 'next';
import { PortfolioPage } from '../../portfolio/portfolio-page';

export const metadata: Metadata = { title: 'Portfolio' };

export default PortfolioPage;
