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
    private UInt128? _wanted;
    private string _step = "";
    private byte[] _found = [];

    /// <summary>Prepares a search.</summary>
    /// <param name="configuration">What to search.</param>
    /// <param name="limit">How many states are enough.</param>
    public Search(Configuration configuration, int limit = int.MaxValue)
    {
        _configuration = configuration;
        _limit = limit;
        _x = new Expansion(configuration, _manifests, new Swaps(_manifests, configuration.Without), Found);
    }

    public SearchResult Run()
    {
        long began = Stopwatch.GetTimestamp();
        byte[] first = _bytes[..First.Make(_x).Encode(_bytes)];
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
            if (!Moves())
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

    private void Found(int process, string what)
    {
        if (_wanted is { } wanted)
        {
            if (_step.Length == 0 && Hash() == wanted)
            {
                _step = Words.OfStep(_x, process, what);
                _found = _bytes[.._length];
            }

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
            trace.Add(Replay(next));
            _x.Now.Decode(_found);
        }

        trace.Add(Words.OfBlobs(_x.Now));
        return trace;
    }

    private string Replay(UInt128 next)
    {
        _wanted = next;
        _step = "";
        _x.Expand();
        return _step.Length > 0 ? _step : throw new InvalidOperationException("A step is not found again.");
    }

    // Whether anything can move, or something is wrong already.
    private bool Moves()
    {
        _moves = false;
        _x.Expand();
        return _moves || _violation is not null;
    }
}
