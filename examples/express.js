// Express 4 and 5. Before any body parser.
import express from 'express';
import { createTokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { readOptions } from 'synthflow-call/server/environment';
import { toNodeListener } from 'synthflow-call/server/node';

const handler = createTokenHandler({ ...readOptions(process.env), challenge: readChallenge(process.env) });

const app = express();
app.all('/api/synthflow/token', toNodeListener(handler));
app.use(express.json());
app.listen(Number(process.env.PORT ?? 8787), () => console.log('listening'));
