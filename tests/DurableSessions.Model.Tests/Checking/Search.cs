using System.Diagnostics;
using System.IO.Hashing;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Checking;

/// <summary>Finds every state of a configuration, breadth first, and the first one in which something is wrong.</summary>
internal sealed class Search
{
    private readonly Configuration _configuration;
    private readonly Manifests _manifests = new();
    private readonly Expansion _x;
    private readonly Seen _seen = new();
    private readonly Frontier _frontier = new();
    private readonly byte[] _bytes = new byte[World.MaxBytes];
    private readonly int _limit;
    private int _state;
    private bool _moves;
    private UInt128 _stateHash;
    private int _length;
    private int _violated;
    private string? _violation;
    private Action<int, string>? _replay;

    /// <summary>Prepares a search.</summary>
    /// <param name="configuration">What to search.</param>
    /// <param name="limit">How many states are enough.</param>
    public Search(Configuration configuration, int limit = int.MaxValue)
    {
        _configuration = configuration;
        _limit = limit;
        for (int i = 0; i < configuration.Processes.Count; i++)
        {
            configuration.Processes[i].Id = i;
        }

        _x = new Expansion(configuration, _manifests, new Swaps(_manifests, configuration.Without), Found);
    }

    public SearchResult Run()
    {
        long began = Stopwatch.GetTimestamp();
        byte[] first = First();
        _seen.TryAdd(XxHash128.HashToUInt128(first), -1);
        _frontier.Add(first);
        int ends = 0;
        bool isComplete = false;
        for (_state = 0; _violation is null && _seen.Count < _limit; _state++)
        {
            ReadOnlySpan<byte> next = _frontier.Take();
            if (next.IsEmpty)
            {
                isComplete = true;
                break;
            }

            _x.Now.Decode(next);
            _stateHash = _seen[_state];
            _moves = false;
            Expand();
            if (_violation is null && !_moves)
            {
                ends++;
                _violation = Properties.FindStuck(_x, _x.Now) is { } stuck ? Fail(stuck, _state) : null;
            }
        }

        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return new SearchResult(
            _configuration.Name, _seen.Count, ends, _manifests.Count, _manifests.Changed, seconds, isComplete, _violation,
            _violation is null ? [] : Trace(first));
    }

    private string Fail(string violation, int state)
    {
        _violated = state;
        return violation;
    }

    private void Expand()
    {
        for (int i = 0; i < _configuration.Processes.Count; i++)
        {
            _configuration.Processes[i].Expand(_x);
        }

        _x.DeliverLate();
    }

    private void Found(int process, string what)
    {
        if (_replay is not null)
        {
            _replay(process, what);
            return;
        }

        if (_violation is not null)
        {
            return;
        }

        UInt128 hash = Hash();
        _moves |= hash != _stateHash;
        if (!_seen.TryAdd(hash, _state))
        {
            return;
        }

        string? violation = _manifests.Broken ?? Properties.Find(_x, _x.Next);
        if (violation is not null)
        {
            _violation = Fail(violation, _seen.Count - 1);
            return;
        }

        _frontier.Add(_bytes.AsSpan(0, _length));
    }

    private UInt128 Hash()
    {
        _length = _x.Next.Encode(_bytes);
        return XxHash128.HashToUInt128(_bytes.AsSpan(0, _length));
    }

    private byte[] First()
    {
        World first = _x.Fork();
        first.Ghost.Manifest = _x.Swaps.Create();
        first.Ghost.LateLeft = (byte)_configuration.Late;
        first.Ghost.LostLeft = (byte)_configuration.Lost;
        ulong stored = 0;
        for (int i = 0; i < _configuration.Stored; i++)
        {
            stored = Messages.Add(stored, 8 - i);
            first.Ghost.Acked |= (ushort)(1 << (8 - i));
        }

        int segment = _manifests[first.Ghost.Manifest].Last;
        first.Store.TryCreate(segment, 0, stored);
        if (_configuration.FirstCreationDoubled)
        {
            first.Send(new Late(Late.Create, segment, 0));
            first.Ghost.LateLeft++;
        }

        foreach (Processes.Process process in _configuration.Processes)
        {
            first.Procs[process.Id] = process.Start;
        }

        return _bytes[..first.Encode(_bytes)];
    }

    // Walks the states from the first one to the violation again, and says what each step was.
    private List<string> Trace(byte[] first)
    {
        var way = new List<UInt128>();
        for (int state = _violated; state > 0; state = _seen.ParentOf(state))
        {
            way.Add(_seen[state]);
        }

        way.Reverse();
        var trace = new List<string> { $"the manifest is {_manifests[0]}" };
        _x.Now.Decode(first);
        foreach (UInt128 next in way)
        {
            string? step = null;
            byte[] found = [];
            _replay = (process, what) =>
            {
                if (step is null && Hash() == next)
                {
                    step = Describe(process, what);
                    found = _bytes[.._length];
                }
            };
            Expand();
            trace.Add(step ?? "a step that is not found again");
            if (step is null)
            {
                break;
            }

            _x.Now.Decode(found);
        }

        trace.Add("blobs: " + string.Join("; ", _x.Now.Store.Blobs.ToArray().Select(static b =>
            $"{Names.Word(b.Key)} [{(Names.IsRecord(b.Key) ? Record.Of(b).ToString() : Messages.Text(b.Value))}]{((b.Flags & Store.Sealed) != 0 ? " sealed" : "")}")));
        return trace;
    }

    private string Describe(int process, string what)
    {
        string who = process < 0 ? "storage" : _configuration.Processes[process].Name;
        int after = _x.Next.Ghost.Manifest;
        int acked = _x.Next.Ghost.Acked & ~_x.Now.Ghost.Acked;
        return $"{who}: {what}"
            + (acked == 0 ? "" : $" (message {System.Numerics.BitOperations.Log2((uint)acked)} is acknowledged)")
            + (after == _x.Now.Ghost.Manifest ? "" : $"\n      => {_manifests[after]}");
    }
}
