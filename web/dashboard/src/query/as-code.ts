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

/** The question in TypeScript: by the SDK where it has a name for it, else by `fetch`. */
export function asTypeScript(ask: Ask, origin: string): string {
  const given: Record<string, unknown> = Object.fromEntries(
    Object.entries(ask.parameters ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );
  const client = [
    `import { AnalyticsClient } from '@sightline/sdk';`,
    '',
    `const client = new AnalyticsClient({ apiKey: process.env.KEY!, baseUrl: '${origin}' });`,
  ];
  if (typeof given.filters === 'string') given.filters = JSON.parse(given.filters);
  if (ask.path === '/api/v1/events')
    return [...client, `for await (const event of client.getEvents(${indented(given)})) console.log(event);`].join(
      '\n',
    );
  if (ask.path === '/api/v1/metrics/summary') {
    const metrics = typeof given.metrics === 'string' ? given.metrics.split(',') : undefined;
    return [...client, `const summary = await client.getMetricsSummary(${indented({ ...given, metrics })});`].join(
      '\n',
    );
  }
  const body =
    ask.body === undefined ? '' : `,\n  body: JSON.stringify(${indented(ask.body).replaceAll('\n', '\n  ')})`;
  const type = ask.body === undefined ? '' : `, 'Content-Type': 'application/json'`;
  const method = ask.method === 'POST' ? `\n  method: 'POST',` : '';
  return `const response = await fetch('${origin}${address(ask)}', {${method}
  headers: { Authorization: \`Bearer \${process.env.KEY}\`${type} }${body},
});
const answer = await response.json();`;
}
