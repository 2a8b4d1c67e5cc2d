// Everything `@elbstack/lexoffice-client-js` from npm can do, called once at the twin, unmodified but for base URL and key.
// Reads `twin.json` at the path given. Prints what became of each of the client's methods, and which the tour left out.
'use strict';

const fs = require('node:fs');
const FormData = require('form-data');
const { Client } = require('@elbstack/lexoffice-client-js');

const DAY = '2026-03-02T00:00:00.000+01:00';
const GOODS_SOLD = '8f8664a8-fd86-11e1-a21f-0800200c9a66';
const CONTACT = {
  version: 0,
  roles: { customer: {} },
  company: { name: 'Schlosserei Rundgang GmbH' },
  addresses: { billing: [{ street: 'Werkhof 4', zip: '04109', city: 'Leipzig', countryCode: 'DE' }] },
};
const VOUCHER = {
  type: 'salesinvoice',
  voucherNumber: 'RUNDGANG-JS',
  voucherDate: '2026-03-02',
  dueDate: '2026-03-16',
  totalGrossAmount: 119,
  totalTaxAmount: 19,
  taxType: 'gross',
  useCollectiveContact: true,
  voucherItems: [{ amount: 119, taxAmount: 19, taxRatePercent: 19, categoryId: GOODS_SOLD }],
};

const sale = (contactId, more = {}) => ({
  voucherDate: DAY,
  address: { contactId },
  lineItems: [
    {
      type: 'custom',
      name: 'Wartung',
      quantity: 3,
      unitName: 'Stunde',
      unitPrice: { currency: 'EUR', netAmount: 80, taxRatePercentage: 19 },
    },
  ],
  totalPrice: { currency: 'EUR' },
  taxConditions: { taxType: 'net' },
  shippingConditions: { shippingType: 'service', shippingDate: DAY },
  ...more,
});

function file(name, text) {
  const form = new FormData();
  form.append('file', Buffer.from(`%PDF-1.4\n% ${text}\n%%EOF\n`), { filename: name, contentType: 'application/pdf' });
  return form;
}

// Calls and notes. The client returns results instead of throwing; `val` is the answer or its error.
class Tour {
  constructor(client) {
    this.client = client;
    this.outcomes = {};
  }

  async call(method, ...given) {
    const result = await this.client[method](...given);
    const { val } = result;
    this.outcomes[method] = result.ok ? 'ok' : JSON.stringify(val);
    return result.ok ? val : {};
  }

  leftOut() {
    const offered = Object.getOwnPropertyNames(Client.prototype).filter((name) => name !== 'constructor');
    return offered.filter((name) => !(name in this.outcomes)).sort();
  }
}

// What the API cannot create: the app's user does.
async function byHand(place, what, body) {
  const url = `${place.controlUrl}/organizations/${place.organizations[0].id}/${what}`;
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await answer.json()).id;
}

async function masterdata(tour) {
  for (const method of [
    'retrieveProfile',
    'retrieveListOfCountries',
    'retrieveListPostingCategories',
    'retrievePaymentConditionList',
  ]) {
    await tour.call(method);
  }
  const contact = await tour.call('createContact', CONTACT);
  const read = await tour.call('retrieveContact', contact.id);
  await tour.call('updateContact', contact.id, { ...read, note: 'Rundgang' });
  await tour.call('filterContact', { name: 'Rundgang', customer: true });
  return contact.id;
}

async function sales(tour, place, contactId) {
  const quotation = await tour.call('createQuotation', sale(contactId, { expirationDate: DAY }), { finalize: true });
  await tour.call('retrieveQuotation', quotation.id);
  await tour.call('renderQuotationDocumentFileId', quotation.id);
  const order = await tour.call('createOrderConfirmation', sale(contactId));
  await tour.call('retrieveOrderConfirmation', order.id);
  await tour.call('renderOrderConfirmationDocumentFileId', order.id);
  const invoice = await tour.call('createInvoice', sale(contactId), { finalize: true });
  await tour.call('retrieveInvoice', invoice.id);
  const { documentFileId } = await tour.call('renderInvoiceDocumentFileId', invoice.id);
  await tour.call('downloadFile', documentFileId, { type: 'voucher', renderType: 'pdf' });
  await tour.call('retrievePayment', invoice.id);
  const credit = await tour.call('createCreditNote', sale(contactId), { finalize: true });
  await tour.call('retrieveCreditNote', credit.id);
  await tour.call('renderCreditNoteDocumentFileId', credit.id);
  const advance = await byHand(place, 'down-payment-invoices', { body: sale(contactId) });
  await tour.call('retrieveDownPaymentInvoice', advance);
  const template = await byHand(place, 'templates', { body: sale(contactId), start: '2030-01-01' });
  await tour.call('retrieveRecurringTemplate', template);
  await tour.call('retrieveAllRecurringTemplates', { page: 0, size: 25 });
  await tour.call('retrieveVoucherlist', { voucherType: 'any', voucherStatus: 'any', contactId });
}

async function bookkeeping(tour) {
  const voucher = await tour.call('createVoucher', VOUCHER);
  const read = await tour.call('retrieveVoucher', voucher.id);
  await tour.call('updateVoucher', voucher.id, { ...VOUCHER, version: read.version, remark: 'neu' });
  await tour.call('filterVoucher', { voucherNumber: VOUCHER.voucherNumber });
  await tour.call('uploadFileToVoucher', file('beleg-js.pdf', 'Beleg aus JavaScript'), voucher.id);
  const form = file('beleg-js-2.pdf', 'Zweiter Beleg aus JavaScript');
  form.append('type', 'voucher');
  await tour.call('uploadFile', form);
}

async function subscriptions(tour, place) {
  const callbackUrl = `${place.url}/webhookSignature/public/public_key.pub`;
  const made = await tour.call('createEventSubscription', { eventType: 'article.deleted', callbackUrl });
  await tour.call('retrieveEventSubscription', made.id);
  await tour.call('retrieveAllEventSubscriptions');
  await tour.call('deleteEventSubscription', made.id);
}

async function main() {
  const place = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
  const client = new Client(place.apiKey);
  client.axios.defaults.baseURL = `${place.url}/v1`;
  const tour = new Tour(client);
  await sales(tour, place, await masterdata(tour));
  await bookkeeping(tour);
  await subscriptions(tour, place);
  process.stdout.write(JSON.stringify({ outcomes: tour.outcomes, leftOut: tour.leftOut() }));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
