import Link from 'next/link';
import { Page } from '../shell/page';

export default function NotFound() {
  return (
    <Page title="There is no such page">
      <p>
        <Link href="/portfolio/">To the portfolio</Link>
      </p>
    </Page>
  );
}
