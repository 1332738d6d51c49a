using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Model.Tests.State;

/// <summary>Every manifest that was reached, each once, and what each transition made of each: pure functions are asked once.</summary>
internal sealed class Manifests
{
    private readonly List<KnownManifest> _known = [];
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Manifest, Operation Operation, long Arguments), Decision> _decided = [];
    private readonly Dictionary<string, int> _keys = new(StringComparer.Ordinal);

    public SegmentLists Lists { get; } = new();

    /// <summary>A rule of <see cref="ManifestRules"/> that a transition broke, and how.</summary>
    public string? Broken { get; private set; }

    public int Count => _known.Count;

    /// <summary>The transitions that changed a manifest at least once.</summary>
    public HashSet<Operation> Changed { get; } = [];

    public KnownManifest this[int id] => _known[id];

    /// <summary>A blob's name that manifests may hold from now on.</summary>
    public string Name(int key)
    {
        string name = Names.Blob(key);
        _keys[name] = key;
        return name;
    }

    public int Intern(Manifest manifest)
    {
        string content = StoreJson.Write(manifest).ToString();
        if (!_ids.TryGetValue(content, out int id))
        {
            id = _known.Count;
            _known.Add(new KnownManifest(id, manifest, name => _keys[name], Lists));
            _ids[content] = id;
        }

        return id;
    }

    /// <summary>Applies a transition, and checks the rules of what comes of it; once for the same arguments.</summary>
    public Decision Decide(int manifest, Operation operation, long arguments, Func<Manifest, Transition> transition)
    {
        if (_decided.TryGetValue((manifest, operation, arguments), out Decision decision))
        {
            return decision;
        }

        Manifest before = _known[manifest].Manifest;
        switch (transition(before))
        {
            case Transition.Changed { Next: var next }:
                bool moves = !ReferenceEquals(next, before);
                Manifest after = moves ? next with { Generation = before.Generation + 1 } : next;
                int id = Intern(after);
                if (FindBroken(before, after) is { } broken)
                {
                    Broken = $"the manifest {broken}, after {_known[manifest]} became {_known[id]}";
                }

                Changed.Add(operation);
                decision = new Decision(Outcome.Changed, id);
                break;
            case Transition.NothingToDo:
                decision = new Decision(Outcome.NothingToDo, manifest);
                break;
            case Transition.SessionGone:
                decision = new Decision(Outcome.SessionGone, manifest);
                break;
            case var other:
                throw new InvalidOperationException($"No transition of the model is answered {other}.");
        }

        _decided[(manifest, operation, arguments)] = decision;
        return decision;
    }

    private static string? FindBroken(Manifest before, Manifest after)
    {
        string? step = ReferenceEquals(before, after) ? null : ManifestRules.FindBrokenStep(before, after);
        return step ?? ManifestRules.FindBroken(Names.Session, after).FirstOrDefault()?.Text;
    }
}
