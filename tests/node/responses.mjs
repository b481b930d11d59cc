// Drive the Responses half of a server with openai-node, and print what came of it as one JSON object.
import OpenAI, { toFile } from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'none', maxRetries: 0 });
const told = {};

const file = await client.files.create({
  file: await toFile(Buffer.from('The code word is heron.'), 'note.txt'),
  purpose: 'assistants',
});
const store = await client.vectorStores.create({ file_ids: [file.id] });
await client.vectorStores.files.poll(store.id, file.id);
const search = { type: 'file_search', vector_store_ids: [store.id] };
const weather = {
  type: 'function',
  name: 'get_weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
};

const plain = await client.responses.create({
  model: 'first-hit',
  input: 'code word',
  tools: [search],
  include: ['file_search_call.results'],
});
told.text = plain.output_text;
told.result = plain.output[0].results[0].text;
told.annotation = plain.output[1].content[0].annotations[0].filename;

told.events = [];
let streamed = '';
for await (const event of await client.responses.create({
  model: 'first-hit',
  input: 'code word',
  tools: [search],
  stream: true,
})) {
  told.events.push(event.type);
  if (event.type === 'response.output_text.delta') streamed += event.delta;
}
told.streamed = streamed;

const helper = client.responses.stream({ model: 'first-hit', input: 'code word', tools: [search] });
told.final = (await helper.finalResponse()).output_text;

const parsed = await client.responses.parse({
  model: 'json',
  input: 'word',
  text: { format: { type: 'json_schema', name: 'word', schema: { type: 'object' } } },
});
told.parsed = JSON.parse(parsed.output_text).word;

const asked = await client.responses.create({ model: 'caller', input: 'Weather?', tools: [weather] });
const call = asked.output[0];
told.call = [call.type, call.name, call.arguments];
const answered = await client.responses.create({
  model: 'caller',
  previous_response_id: asked.id,
  tools: [weather],
  input: [{ type: 'function_call_output', call_id: call.call_id, output: 'sunny' }],
});
told.answered = answered.output_text;

told.inputItems = [];
for await (const item of client.responses.inputItems.list(answered.id, { order: 'asc', limit: 1 })) {
  told.inputItems.push(item.type);
}
told.tokens = (await client.responses.inputTokens.count({ model: 'slow', input: 'x'.repeat(40) })).input_tokens;

const queued = await client.responses.create({ model: 'hanging', input: 'Hi', background: true });
told.cancelled = (await client.responses.cancel(queued.id)).status;
await client.responses.delete(queued.id);
told.deleted = await client.responses.retrieve(queued.id).catch((error) => [error.status, error.error.message]);

const conversation = await client.conversations.create({
  metadata: { topic: 'words' },
  items: [{ role: 'user', content: 'Hello' }],
});
await client.responses.create({ model: 'slow', input: 'Again', conversation: conversation.id });
told.items = [];
for await (const item of client.conversations.items.list(conversation.id, { order: 'asc', limit: 2 })) {
  told.items.push(item.content[0].text);
}
const added = await client.conversations.items.create(conversation.id, { items: [{ role: 'user', content: 'More' }] });
const found = await client.conversations.items.retrieve(added.data[0].id, { conversation_id: conversation.id });
told.found = found.content[0].text;
await client.conversations.items.delete(found.id, { conversation_id: conversation.id });
told.metadata = (await client.conversations.update(conversation.id, { metadata: { topic: 'birds' } })).metadata;
told.gone = (await client.conversations.delete(conversation.id)).deleted;

const completion = await client.chat.completions.create({
  model: 'slow',
  messages: [{ role: 'user', content: 'Hello' }],
});
told.completion = completion.choices[0].message.content;
const stream = client.chat.completions.stream({ model: 'slow', messages: [{ role: 'user', content: 'Hello' }] });
told.chunks = (await stream.finalChatCompletion()).choices[0].message.content;

console.log(JSON.stringify(told));
