// Invoices by a client whose types were generated from the OpenAPI document.
// Reads `demo.json` of a running Kontor at the path given, prints what the client understood as JSON.
import { readFileSync } from 'node:fs';
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

type InvoiceInput = components['schemas']['InvoiceInput'];
type Problem = components['schemas']['Problem'];

const demo = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Record<'baseUrl' | 'apiKey' | 'accountKey', string>;
const client = createClient<paths>({
  baseUrl: demo.baseUrl,
  headers: { 'X-API-KEY': demo.apiKey, 'X-ACCOUNT-KEY': demo.accountKey },
});

// Hours at 80.00 net and 19 %; three are 240.00 net, 45.60 tax, 285.60 gross.
const invoice = (quantity: string): InvoiceInput => ({
  issuedOn: '2026-11-20',
  buyer: {
    name: 'Erika Muster',
    address: { street: 'Musterstraße 12', postalCode: '79112', city: 'Freiburg', countryCode: 'DE' },
  },
  lines: [{ type: 'custom', name: 'Wartung', quantity, unitName: 'Stunde', unitPrice: '80.00', taxRate: '19' }],
  finalize: true,
});

// @ts-expect-error the types know that an invoice needs lines
export const incomplete: InvoiceInput = { issuedOn: '2026-11-20', buyer: {} };

function must<T>({ data, error }: { data?: T; error?: Problem }): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

const create = (quantity: string, key: string) =>
  client.POST('/v1/accounting/invoices', {
    params: { header: { 'Idempotency-Key': key } },
    body: invoice(quantity),
  });

const created = must(await create('3', 'typescript-1'));
if (!('id' in created.data)) throw new Error('a dry run that nobody asked for');
const path = { id: created.data.id };
const read = must(await client.GET('/v1/accounting/invoices/{id}', { params: { path } }));
const query = { number: created.data.number ?? '' };
const listed = must(await client.GET('/v1/accounting/invoices', { params: { query } }));
const { error: refused } = await create('three', 'typescript-2');
if (refused === undefined) throw new Error('three is a number?');
const paper = must(
  await client.GET('/v1/accounting/invoices/{id}/document', { params: { path }, parseAs: 'arrayBuffer' }),
);

console.log(
  JSON.stringify({
    created: created.data,
    read: read.data,
    listed: listed.data.map((row) => row.id),
    problem: { code: refused.code, retry: refused.retry, fields: refused.errors.map((error) => error.field) },
    file: Buffer.from(paper).subarray(0, 5).toString(),
  }),
);
