import express from 'express';

/**
 * What an Express application costs that does nothing: the yardstick of the HTTP rows. It parses a body of the size of a transfer's and answers JSON of the size
 * of a transfer's answer; its GET answers what a balance read has. Everything is as Express has it by default, ETag and query parser included. `node bare-server.ts` says its port to the process that started it.
 */
const app = express();
app.use(express.json());

app.post('/transfers', (request, response) => {
  const { from, to, amount } = request.body as Record<string, string>;
  const entry = { balanceAfter: '999999.50', heldAfter: '0.00', version: '1234' };
  response.status(201).json({
    transactionId: '123456',
    position: '123456',
    recordedAt: '2026-01-01T00:00:00.000000Z',
    effectiveAt: '2026-01-01T00:00:00.000000Z',
    entries: [
      { account: from, amount: `-${amount}`, ...entry },
      { account: to, amount, ...entry },
    ],
  });
});

app.get('/balance', (_request, response) => {
  response.json({
    account: 'customer-000000000000001',
    currency: 'USD',
    posted: '999999.50',
    held: '0.00',
    available: '999999.50',
    version: '1234',
    asOf: '2026-01-01T00:00:00.000000Z',
    asOfPosition: '123456',
  });
});

const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: address !== null && typeof address === 'object' ? address.port : 0 });
});
// It ends with whoever started it, however that ended.
process.on('disconnect', () => process.exit(0));
