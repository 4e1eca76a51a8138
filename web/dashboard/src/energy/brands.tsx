'use client';
import { useEffect } from 'react';
import type { Ask } from '../api/ask';
import { type Answer, useAnswer } from '../api/use-answer';
import { number } from '../marks/format';
import { CellFigure, QueryButton } from '../query/query-panel';
import { Card, Scroll } from '../shell/page';
import { Answered } from '../shell/states';
import type { Change } from '../shell/use-url';
import { type BrandList, brandAsk } from './shapes';

const MOST_SHOWN = 200;

export const brandsAsk = (cursor: string | null): Ask => ({
  path: '/api/v1/brands',
  query: { limit: MOST_SHOWN, cursor },
});

/** The brands of the workspace from a place of the list on; where there is one brand, it is chosen without asking. */
export function useBrands(cursor: string | null, chosen: string, change: (change: Change) => void): Answer<BrandList> {
  const list = useAnswer<BrandList>(brandsAsk(cursor));
  // What is there may still be another page, while this one is asked for or if it failed.
  const shown = cursor || list.stale ? null : list.data;
  const only = shown?.items.length === 1 && !shown.next_cursor ? shown.items[0]?.id : undefined;
  useEffect(() => {
    if (!chosen && only) change({ level: 'brand', id: only });
  }, [chosen, only, change]);
  return list;
}

/** Every brand with how much lies below it, to choose one. */
export function Brands({
  of,
  cursor,
  change,
}: {
  of: Answer<BrandList>;
  cursor: string | null;
  change: (change: Change) => void;
}) {
  return (
    <div className="stack">
      <Answered
        of={of}
        what="the brands"
        empty={({ items }) => items.length === 0}
        emptyText={
          <>
            This workspace has no brands yet. <code>sightline import sites FILE</code> brings them in, with their
            organizations, locations and circuits.
          </>
        }
      >
        {({ items }) => (
          <Card title="Which brand?" flush aside={<QueryButton title="the list of brands" ask={brandsAsk(cursor)} />}>
            <Scroll label="Brands">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Brand</th>
                    <th scope="col" className="num">
                      Organizations
                    </th>
                    <th scope="col" className="num">
                      Locations
                    </th>
                    <th scope="col" className="num">
                      Circuits
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((one) => (
                    <tr key={one.id}>
                      <th scope="row">
                        <button type="button" className="link" onClick={() => change({ level: 'brand', id: one.id })}>
                          {one.name}
                        </button>
                      </th>
                      <td className="num">
                        <CellFigure title={`the organizations of ${one.name}`} ask={brandAsk(one.id)}>
                          {number(one.organization_count)}
                        </CellFigure>
                      </td>
                      <td className="num">
                        <CellFigure title={`the locations of ${one.name}`} ask={brandAsk(one.id)}>
                          {number(one.location_count)}
                        </CellFigure>
                      </td>
                      <td className="num">
                        <CellFigure title={`the circuits of ${one.name}`} ask={brandAsk(one.id)}>
                          {number(one.circuit_count)}
                        </CellFigure>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          </Card>
        )}
      </Answered>
      <Pages next={of.data?.next_cursor ?? null} cursor={cursor} change={change} />
    </div>
  );
}

/** Ways to the other pages of the list; back to the first one also where this one cannot be shown. */
function Pages({
  next,
  cursor,
  change,
}: {
  next: string | null;
  cursor: string | null;
  change: (change: Change) => void;
}) {
  if (!cursor && !next) return null;
  return (
    <p className="actions">
      {cursor && (
        <button type="button" className="btn small" onClick={() => change({ brands: null })}>
          First brands
        </button>
      )}
      {next && (
        <button type="button" className="btn small" onClick={() => change({ brands: next })}>
          Further brands
        </button>
      )}
    </p>
  );
}
