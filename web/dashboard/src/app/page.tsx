'use client';
import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import { Loading } from '../shell/states';

/** The portfolio is where one begins. */
export default function Home() {
  const router = useRouter();
  useEffect(() => router.replace('/portfolio/'), [router]);
  return <Loading what="the portfolio" />;
}
