// Runs the same operations, drawn from fixed seeds, on two collections, one with Loki as it is and one with infra/azurite/loki.cjs,
// and ends with an error where they differ: in what is found, in what is left, in the indices, views, events and removed documents.
// Then counts how often the documents are looked at. Started in infra/azurite.
'use strict';

const infra = require('module').createRequire(`${process.cwd()}/`);
const Loki = infra('lokijs');

const functions = () => [Loki.Collection.prototype.count, Loki.Collection.prototype.findAndRemove, Loki.Resultset.prototype.find];
const use = ([count, findAndRemove, find]) => {
  Object.assign(Loki.Collection.prototype, { count, findAndRemove });
  Object.assign(Loki.Resultset.prototype, { find });
};
const original = functions();
infra('./loki.cjs');
const patched = functions();
const same = (what, a, b) => {
  if (JSON.stringify(a) !== JSON.stringify(b)) {
    throw new Error(`${what}: ${JSON.stringify(a)} by Loki, ${JSON.stringify(b)} with loki.cjs`);
  }
};

// What reads as a number, differs from its neighbour in one character, or means something in a regular expression.
const words = ['1', '01', '1.0', '0x1', '1e0', '-1', '+1', '0', 'Infinity', 'Infinit', 'I', 'NaN', 'e1', '', ' ', 'a', 'ab', 'abc', 'a-b',
  'a.b', 'a/b', 'a/b/c', 'a\n', 'a\\', 'a[', 'a\ud83d\ude00', 'A', 'é', 'z', 'zz', 'true', 'null', 'undefined'];
const escape = (text) => text.replace(/[-/\\^$*+?.()|[\]{}]/g, '\\$&');

let seed = 1;
const draw = (limit) => {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return (seed >> 8) % limit;
};
const word = () => words[draw(words.length)] + (draw(3) === 0 ? words[draw(words.length)] : '');

class Side {
  constructor(used, { view, unique, listener, changes }) {
    this.used = used;
    this.deleted = [];
    this.held = [];
    this.collection = new Loki('test', { persistenceMethod: 'memory' }).addCollection('$BLOBS_COLLECTION$', {
      indices: ['accountName', 'containerName', 'name', 'snapshot'], unique: unique ? ['id'] : [], disableChangesApi: !changes,
    });
    this.view = view ? this.collection.addDynamicView('view').applyFind({ accountName: 'account' }) : undefined;
    if (listener) {
      this.collection.on('delete', (document) => this.deleted.push(document.id));
    }
  }

  run(operation) {
    use(this.used);
    return operation(this.collection);
  }

  insert(document) {
    this.held.push(this.collection.insert({ ...document }));
  }

  state() {
    this.collection.ensureId();
    return {
      data: this.collection.data.map(({ id, $loki }) => [id, $loki]), ids: this.collection.idIndex, wrong: this.collection.checkAllIndexes(),
      view: this.view?.data().map(({ id }) => id), unique: this.held.map(({ id }) => this.collection.constraints.unique.id?.get(id)?.$loki),
      deleted: this.deleted, changes: this.collection.changes.length, dirty: this.collection.dirty,
      held: this.held.map(({ $loki, meta }) => [$loki, meta?.revision]),
    };
  }
}

let found = 0;
for (let round = 0; round < 240; round++) {
  // Most as Azurite's are, some with what Azurite does not use.
  const options = { view: round % 8 === 1, unique: round % 8 === 3, listener: round % 8 === 5, changes: round % 8 === 7 };
  const sides = [new Side(original, options), new Side(patched, options)];
  for (let id = 0; id < 100; id++) {
    const kind = draw(10);
    const values = {
      accountName: draw(3) ? 'account' : word(), containerName: draw(2) ? 'container' : word(), name: draw(5) ? word() : { $gt: word() },
      snapshot: draw(3) ? '' : { $gt: '' }, id: draw(100), isCommitted: undefined,
    };
    const query = {};
    for (let count = draw(5); count > 0; count--) {
      const property = Object.keys(values)[draw(draw(3) ? 4 : 6)];
      query[property] = values[property];
    }

    if (kind < 5) {
      const document = {
        accountName: draw(4) ? 'account' : word(), containerName: draw(2) ? 'container' : word(), name: word(), snapshot: draw(3) ? '' : word(), id,
      };
      sides.forEach((side) => side.insert(document));
    } else if (kind < 7) {
      const [a, b] = sides.map((side) => side.run((collection) => collection.count({ ...query })));
      same(`count ${JSON.stringify(query)}`, a, b);
      found += a;
    } else if (kind < 9) {
      const [a, b] = sides.map((side) => side.run((collection) => collection.findAndRemove({ ...query })));
      same(`findAndRemove ${JSON.stringify(query)}`, a, b);
    } else {
      const listing = { name: { $regex: `^${escape(word())}` }, accountName: 'account', ...(draw(2) ? { containerName: 'container' } : {}) };
      const [a, b] = sides.map((side) => side.run((collection) => collection.chain().find(listing).filteredrows));
      same(`find ${JSON.stringify(listing)}`, a, b);
      found += a.length;
    }

    // Order among equals is the index's own business, so indices are checked and not compared.
    const [a, b] = sides.map((side) => side.state());
    same(`after ${kind} ${JSON.stringify(query)}`, a, b);
  }
}

if (found < 1000) {
  throw new Error(`Only ${found} documents were ever found: the operations compare nothing.`);
}

let looks = 0;
class Looked {
  constructor(name) {
    this.values = { accountName: 'account', containerName: 'container', name, snapshot: '' };
  }
}
for (const property of ['accountName', 'containerName', 'name', 'snapshot']) {
  Object.defineProperty(Looked.prototype, property, {
    get() {
      looks++;
      return this.values[property];
    },
  });
}

const { collection } = new Side(patched, {});
for (let i = 0; i < 2000; i++) {
  collection.insert(new Looked(`archives/${i}/`));
}

const blob = { accountName: 'account', containerName: 'container', name: 'archives/1234/' };
const listing = { name: { $regex: '^archives\\/123' }, accountName: 'account', containerName: 'container' };
for (const [name, expected, operation] of [
  ['count', 1, () => collection.count(blob)],
  ['find', 11, () => collection.chain().find(listing).data().length],
  ['findAndRemove', 1999, () => (collection.findAndRemove(blob), collection.data.length)],
]) {
  looks = 0;
  const result = operation();
  if (result !== expected || looks > 1000) {
    throw new Error(`${name} of ${expected} looked at the properties of 2,000 documents ${looks} times, and answered ${result}.`);
  }
}
