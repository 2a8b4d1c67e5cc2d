// Books as a stranger does: `@elbstack/lexoffice-client-js` from npm, unmodified, told another base URL and key.
// Reads `twin.json` at the path given, prints what the client understood of the answers as JSON.
'use strict';

const fs = require('node:fs');
const { Client } = require('@elbstack/lexoffice-client-js');

const CONTACT = {
  version: 0,
  roles: { customer: {} },
  person: { salutation: 'Frau', firstName: 'Erika', lastName: 'Muster' },
  addresses: { billing: [{ street: 'Marktplatz 3', zip: '10178', city: 'Berlin', countryCode: 'DE' }] },
  emailAddresses: { business: ['erika.muster@example.org'] },
};

// Three hours at 80.00 net and 19 %: 240.00 net, 45.60 tax, 285.60 gross.
const invoiceTo = (contactId) => ({
  voucherDate: '2026-03-02T00:00:00.000+01:00',
  address: { contactId },
  lineItems: [
    {
      type: 'custom',
      name: 'Wartung',
      quantity: 3,
      unitName: 'Stunde',
      unitPrice: { currency: 'EUR', netAmount: 80, taxRatePercentage: 19 },
      discountPercentage: 0,
    },
    { type: 'text', name: 'Hinweis', description: 'Vielen Dank für Ihren Auftrag.' },
  ],
  totalPrice: { currency: 'EUR' },
  taxConditions: { taxType: 'net' },
  shippingConditions: { shippingType: 'service', shippingDate: '2026-03-02T00:00:00.000+01:00' },
});

// The client returns results instead of throwing; `val` is the answer or its error.
function must(result) {
  if (!result.ok) throw new Error(JSON.stringify(result.val, Object.getOwnPropertyNames(result.val)));
  return result.val;
}

async function main() {
  const place = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
  const client = new Client(place.apiKey);
  client.axios.defaults.baseURL = `${place.url}/v1`;
  const contact = must(await client.createContact(CONTACT));
  const created = must(await client.createInvoice(invoiceTo(contact.id), { finalize: true }));
  const rows = must(await client.retrieveVoucherlist({ voucherType: 'invoice', voucherStatus: 'any' }));
  const { documentFileId } = must(await client.renderInvoiceDocumentFileId(created.id));
  const file = must(await client.downloadFile(documentFileId, { type: 'voucher', renderType: 'pdf' }));
  const told = {
    company: must(await client.retrieveProfile()).companyName,
    contact: must(await client.retrieveContact(contact.id)),
    invoice: must(await client.retrieveInvoice(created.id)),
    listed: rows.content.filter((row) => row.id === created.id),
    file: Buffer.from(file).subarray(0, 5).toString('latin1'),
  };
  process.stdout.write(JSON.stringify(told));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
