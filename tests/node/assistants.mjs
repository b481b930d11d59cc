// Drive the Assistants half of a server with openai-node, check what comes of it, and print that as one JSON object.
import assert from 'node:assert/strict';
import OpenAI, { toFile } from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'none', maxRetries: 0 });
const { threads, assistants } = client.beta;
const weather = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};
const question = 'Where do herons wade, and what is the weather in Oslo?';

async function filledStore() {
  const file = await toFile(Buffer.from('Herons wade in the river.'), 'note.txt');
  const store = await client.vectorStores.create({ name: 'birds' });
  const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, { files: [file] });
  assert.equal(batch.file_counts.completed, 1);
  const attached = await client.vectorStores.files.uploadAndPoll(store.id, await toFile(Buffer.from('Cranes dance.'), 'b.txt'));
  assert.equal(attached.status, 'completed');
  const found = await client.vectorStores.search(store.id, { query: 'cranes' });
  assert.equal(found.data[0].filename, 'b.txt');
  const names = [];
  for await (const one of client.vectorStores.files.list(store.id, { limit: 1 })) names.push(one.status);
  assert.deepEqual(names, ['completed', 'completed']);
  return store.id;
}

function outputsFor(run) {
  return run.required_action.submit_tool_outputs.tool_calls.map((call) => {
    assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Oslo' });
    return { tool_call_id: call.id, output: 'grey' };
  });
}

async function polled(assistant) {
  const thread = await threads.create({ messages: [{ role: 'user', content: question }] });
  let run = await threads.runs.createAndPoll(thread.id, { assistant_id: assistant });
  assert.equal(run.status, 'requires_action');
  run = await threads.runs.submitToolOutputsAndPoll(run.id, { thread_id: thread.id, tool_outputs: outputsFor(run) });
  assert.equal(run.status, 'completed');
  const steps = await threads.runs.steps.list(run.id, { thread_id: thread.id, order: 'asc' });
  assert.deepEqual(steps.data.map((step) => step.type), ['tool_calls', 'tool_calls', 'message_creation']);
  const messages = await threads.messages.list(thread.id, { order: 'asc' });
  const text = messages.data[1].content[0].text;
  assert.match(text.value, /^get_weather says: grey\. .*river.*【4:0†source】$/u);
  assert.equal(text.annotations.length, 1);
  return thread.id;
}

async function streamed(assistant) {
  const seen = new Set();
  const stream = threads.createAndRunStream({ assistant_id: assistant, thread: { messages: [{ role: 'user', content: question }] } });
  stream.on('event', ({ event }) => seen.add(event));
  const waiting = await stream.finalRun();
  assert.equal(waiting.status, 'requires_action');
  let said = '';
  const rest = threads.runs.submitToolOutputsStream(waiting.id, { thread_id: waiting.thread_id, tool_outputs: outputsFor(waiting) });
  rest.on('event', ({ event }) => seen.add(event)).on('textDelta', (delta) => (said += delta.value));
  const [message] = await rest.finalMessages();
  assert.equal(said, message.content[0].text.value);
  for (const event of ['thread.created', 'thread.run.step.delta', 'thread.run.requires_action', 'thread.run.completed']) {
    assert.ok(seen.has(event), event);
  }
  return waiting.thread_id;
}

async function cancelled(assistant, thread) {
  await threads.messages.create(thread, { role: 'user', content: question });
  const run = await threads.runs.createAndPoll(thread, { assistant_id: assistant });
  await threads.runs.cancel(run.id, { thread_id: thread });
  assert.equal((await threads.runs.poll(run.id, { thread_id: thread })).status, 'cancelled');
  await assert.rejects(threads.runs.cancel(run.id, { thread_id: thread }), OpenAI.BadRequestError);
}

async function main() {
  const store = await filledStore();
  const assistant = await assistants.create({
    model: 'extractive',
    tools: [{ type: 'file_search' }, weather],
    tool_resources: { file_search: { vector_store_ids: [store] } },
  });
  const thread = await polled(assistant.id);
  const other = await streamed(assistant.id);
  await cancelled(assistant.id, other);
  await assert.rejects(assistants.retrieve('asst_x'), OpenAI.NotFoundError);
  for (const id of [thread, other]) assert.ok((await threads.delete(id)).deleted);
  assert.ok((await assistants.delete(assistant.id)).deleted);
  assert.ok((await client.vectorStores.delete(store)).deleted);
  console.log(JSON.stringify({ passed: true }));
}

await main();
