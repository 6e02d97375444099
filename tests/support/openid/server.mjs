// A certified OpenID provider (oidc-provider) for the tests: whoever was named last at /next is
// signed in without being asked, and what the provider says of them is what was given there.
//
//   node server.mjs PORT CLIENTS     CLIENTS: JSON, a list of {id, secret, return_to}
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [port, clients, modules] = process.argv.slice(2);
const found = createRequire(`${modules}/x.js`).resolve('oidc-provider');
const { Provider } = await import(pathToFileURL(found));
const issuer = `http://127.0.0.1:${port}`;
const people = new Map();
let next = { claims: { sub: 'nobody' } };

const provider = new Provider(issuer, {
  clients: JSON.parse(clients).map((client) => ({
    client_id: client.id,
    client_secret: client.secret,
    redirect_uris: [client.return_to],
    grant_types: ['authorization_code'],
    response_types: ['code'],
  })),
  claims: {
    openid: ['sub', 'amr', 'acr'],
    email: ['email', 'email_verified', 'xms_edov', 'hd'],
    profile: ['name'],
  },
  acrValues: ['mfa'],
  cookies: { keys: ['for the tests only'] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: async () => ({ ...people.get(id), sub: id }),
  }),
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
});

const answer = provider.callback();
createServer(async (request, response) => {
  if (request.method === 'POST' && request.url === '/next') {
    let text = '';
    for await (const part of request) text += part;
    next = JSON.parse(text);
    people.set(next.claims.sub, next.claims);
    response.writeHead(204).end();
  } else if (request.url.startsWith('/interaction/')) {
    const login = { accountId: next.claims.sub, amr: next.amr, acr: next.acr };
    await provider.interactionFinished(request, response, { login });
  } else {
    await answer(request, response);
  }
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
