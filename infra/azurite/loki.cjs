// Azurite keeps its metadata in LokiJS. Three of its requests cost as much as there are blobs: a delete, twice over (it asks by
// account first, whose index holds every blob, and sorts every index anew when one document leaves), and a listing by prefix
// (every name is tried). This changes how those are looked up and taken out, and never what is found, removed or saved:
//
// - `Collection.count` and `Collection.findAndRemove` begin with whichever of the query's own indices leaves the fewest
//   documents, and let Loki apply every condition to those.
// - `Collection.findAndRemove` takes few documents out of the indices, as `Collection.remove` does, instead of sorting them.
// - `Resultset.find` reads the range of the index of names that can have the prefix, and lets Loki apply the rest.
//
// It rests on how one version of Loki works inside. With another it says so in one line, and leaves all as it is: slower, and
// otherwise the same. What Azurite saves, and when, is not touched.
'use strict';

const { createRequire } = require('module');

const VERSION = '1.5.12';

// Beyond this many, sorting the indices once costs less than going through them for each document.
const FEW = 32;

// How Azurite asks for a prefix: '^' and the prefix, with a backslash before each character that means something.
const PREFIX = /^\^((?:[^-/\\^$*+?.()|[\]{}]|\\[-/\\^$*+?.()|[\]{}])+)$/;

// Loki sorts what reads as a number before all other text. Nothing that begins with one of these reads as a number ("Infinity"
// does), so the names with such a prefix are neighbours in the index.
const NEVER_A_NUMBER = /^[A-HJ-Za-z]/;

// The copy that Azurite's own modules load, wherever npm has put it: a second copy beside it has other prototypes.
function load() {
  const azurite = createRequire(require.resolve('azurite/dist/src/blob/persistence/LokiBlobMetadataStore.js'));
  return { Loki: azurite('lokijs'), version: azurite('lokijs/package.json').version };
}

function missingFrom({ Loki, version }) {
  if (version !== VERSION) {
    return `version ${VERSION} (found ${version})`;
  }

  const needed = {
    'Comparators.lt': Loki?.Comparators?.lt,
    'Resultset.prototype.find': Loki?.Resultset?.prototype?.find,
  };
  for (const name of ['calculateRange', 'chain', 'count', 'findAndRemove', 'remove', 'removeBatchByPositions']) {
    needed[`Collection.prototype.${name}`] = Loki?.Collection?.prototype?.[name];
  }

  return Object.keys(needed).find((name) => typeof needed[name] !== 'function');
}

function patch({ Collection, Comparators, Resultset }) {
  const { count, findAndRemove } = Collection.prototype;
  const { find } = Resultset.prototype;

  const isIndexed = (collection, property) => Object.hasOwn(collection.binaryIndices, property);

  // What the query finds, by way of the narrowest of its indices rather than the first: the range of an index holds all that
  // Loki's equality finds and more ("01" for "1"), so every condition is applied to it, the index's own too.
  // Nothing is returned for a query that may be read in another way, or has nothing to choose; Loki answers that as it is.
  function narrowed(collection, query) {
    const properties = query !== null && typeof query === 'object' ? Object.keys(query) : [];
    const [first] = properties;
    if (properties.length < 2 || collection.adaptiveBinaryIndices !== true || collection.data.length === 0
        || Object.getPrototypeOf(query) !== Object.prototype || typeof query[first] !== 'string' || !isIndexed(collection, first)) {
      return undefined;
    }

    let narrow = first;
    let [from, to] = collection.calculateRange('$eq', first, query[first]);
    for (const property of properties) {
      if (typeof query[property] === 'string' && isIndexed(collection, property)) {
        const [start, end] = collection.calculateRange('$eq', property, query[property]);
        if (end - start < to - from) {
          [narrow, from, to] = [property, start, end];
        }
      }
    }

    const found = collection.chain();
    found.filteredrows = collection.binaryIndices[narrow].values.slice(from, to + 1);
    found.filterInitialized = true;
    for (const property of properties) {
      found.find({ [property]: query[property] });
    }

    return found;
  }

  // With any of these, removing one document and removing several differ in more than their cost.
  const isPlain = (collection) => collection.adaptiveBinaryIndices === true && collection.DynamicViews.length === 0
    && collection.uniqueNames.length === 0 && collection.events.delete.length < 2 && collection.disableChangesApi
    && collection.disableFreeze && !collection.transactional && !collection.autoupdate && !collection.cloneObjects;

  Collection.prototype.count = function (query) {
    return narrowed(this, query)?.count() ?? count.call(this, query);
  };

  Collection.prototype.findAndRemove = function (query) {
    if (!isPlain(this)) {
      return findAndRemove.call(this, query);
    }

    const found = narrowed(this, query) ?? this.chain().find(query);
    if (found.count() > FEW) {
      found.remove();
      return undefined;
    }

    for (const document of found.data()) {
      const { $loki, meta } = document;
      this.remove(document);
      // A request that still holds the document finds on it what Loki leaves there when it removes several.
      Object.assign(document, { $loki, meta });
    }

    return undefined;
  };

  // The condition on the name comes first in Azurite's listings, and Loki tries it on every document, in their order.
  Resultset.prototype.find = function (query, firstOnly) {
    const { collection } = this;
    const prefix = firstOnly || this.filterInitialized || collection.adaptiveBinaryIndices !== true || collection.name !== '$BLOBS_COLLECTION$'
      ? undefined
      : prefixOf(query);
    if (prefix === undefined || !isIndexed(collection, 'name')) {
      return find.call(this, query, firstOnly);
    }

    const { data } = collection;
    const { values } = collection.binaryIndices.name;
    let [start, end] = [0, values.length];
    while (start < end) {
      const middle = (start + end) >> 1;
      if (Comparators.lt(data[values[middle]].name, prefix, false)) {
        start = middle + 1;
      } else {
        end = middle;
      }
    }

    while (end < values.length && data[values[end]].name.startsWith(prefix)) {
      end++;
    }

    this.filteredrows = values.slice(start, end).sort((a, b) => a - b);
    this.filterInitialized = true;
    const { name, ...others } = query;
    return find.call(this, others, firstOnly);
  };

  function prefixOf(query) {
    if (query === null || typeof query !== 'object' || Object.keys(query)[0] !== 'name') {
      return undefined;
    }

    const { name } = query;
    const pattern = name !== null && typeof name === 'object' && Object.keys(name).length === 1 ? name.$regex : undefined;
    const prefix = typeof pattern === 'string' ? PREFIX.exec(pattern)?.[1].replace(/\\(.)/gs, '$1') : undefined;
    return prefix !== undefined && NEVER_A_NUMBER.test(prefix) ? prefix : undefined;
  }
}

let missing;
try {
  const loaded = load();
  missing = missingFrom(loaded);
  if (missing === undefined) {
    patch(loaded.Loki);
  }
} catch (error) {
  missing = `a LokiJS that can be loaded (${String(error.message).split('\n', 1)[0]})`;
}

if (missing !== undefined) {
  console.error(`Azurite will slow down as blobs become many: what keeps it fast needs LokiJS with ${missing}.`);
}
