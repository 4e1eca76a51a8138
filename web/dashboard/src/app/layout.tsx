import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { Shell } from '../shell/shell';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Sightline', template: '%s · Sightline' },
  description: 'How what you run compares with its market, and what it adds up to',
  icons: { icon: '/app/icon.svg' },
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        <script src="/app/theme.js" />
      </head>
      <body>
        <Shell>{children}</Shell>
      </body>
    </html>
  );
}
