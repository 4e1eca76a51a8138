import { type Ask, address } from '../api/ask';

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The question as a shell command; the key is a variable, never its text. */
export function asCurl(ask: Ask, origin: string): string {
  const lines = [`curl -s -H "Authorization: Bearer $KEY"`];
  if (ask.body !== undefined)
    lines.push(`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(ask.body))}`);
  return [...lines, quoted(origin + address(ask))].join(' \\\n  ');
}

const indented = (value: unknown) => JSON.stringify(value, null, 2).replace(/"([A-Za-z_]\w*)":/g, '$1:');

/** The question in TypeScript, by the SDK. */
export function asTypeScript(ask: Ask, origin: string): string {
  const query: Record<string, unknown> = Object.fromEntries(
    Object.entries(ask.query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );
  return [
    `import { AnalyticsClient } from '@sightline/sdk';`,
    '',
    `const client = new AnalyticsClient({ apiKey: process.env.KEY!, baseUrl: '${origin}' });`,
    called(ask, query),
  ].join('\n');
}

function called(ask: Ask, query: Record<string, unknown>): string {
  if (ask.path === '/api/v1/events') {
    const filters = typeof query.filters === 'string' ? JSON.parse(query.filters) : undefined;
    return `for await (const event of client.getEvents(${indented({ ...query, filters })})) console.log(event);`;
  }
  if (ask.path === '/api/v1/metrics/summary') {
    const metrics = typeof query.metrics === 'string' ? query.metrics.split(',') : undefined;
    return `const summary = await client.getMetricsSummary(${indented({ ...query, metrics })});`;
  }
  const { method, path, body } = ask;
  const given = { method, path, query: Object.keys(query).length ? query : undefined, body };
  return `const answer = await client.request(${indented(given)});`;
}
