import type { Metadata } from 'next';
import { WhatIfPage } from '../../what-if/what-if-page';

export const metadata: Metadata = { title: 'What if' };

export default WhatIfPage;
