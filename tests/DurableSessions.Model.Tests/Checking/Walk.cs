using System.Diagnostics;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Checking;

/// <summary>
/// Random histories of a configuration that has too many states for a <see cref="Search"/>, each to its end. In each history some processes
/// are much slower than others, so that old knowledge meets new states.
/// </summary>
internal sealed class Walk
{
    private const int MaxSteps = 2000;
    private readonly Configuration _configuration;
    private readonly Manifests _manifests = new();
    private readonly Expansion _x;
    private readonly World _chosen;
    private readonly int _seed;
    private readonly List<string> _trace = [];
    private Random _random;
    private int _steps;
    private int _ends;
    private int _choices;
    private bool _isTraced;

    /// <summary>Prepares walks.</summary>
    /// <param name="configuration">What to walk through.</param>
    /// <param name="seed">What the choices are drawn from.</param>
    public Walk(Configuration configuration, int seed)
    {
        _configuration = configuration;
        _chosen = new World(configuration.Processes.Count);
        _seed = seed;
        _random = new Random(seed);
        _x = new Expansion(configuration, _manifests, new Swaps(_manifests, configuration.Without), Found);
    }

    /// <summary>Walks. In the result, states are steps, with those that were passed more than once.</summary>
    public SearchResult Run(int walks)
    {
        long began = Stopwatch.GetTimestamp();
        string? violation = null;
        for (int walk = 0; walk < walks && violation is null; walk++)
        {
            violation = Go(walk);
            if (violation is not null)
            {
                // The same once more, with its steps in words.
                _isTraced = true;
                Go(walk);
                _trace.Add(Words.OfBlobs(_x.Now));
            }
        }

        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return new SearchResult(
            $"{walks} walks through {_configuration.Name}", _steps, _ends, _manifests.Count, _manifests.Changed, seconds, false, violation,
            _trace);
    }

    private string? Go(int walk)
    {
        _random = new Random(HashCode(walk));
        _x.Now.CopyFrom(First.Make(_x));
        double[] weights = new double[_configuration.Processes.Count + 1];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = Math.Pow(_random.NextDouble(), 3) + 0.002;
        }

        for (int step = 0; step < MaxSteps; step++)
        {
            if (!Move(weights))
            {
                _ends++;
                return Properties.FindStuck(_x, _x.Now);
            }

            _steps++;
            if ((_manifests.Broken ?? Properties.Find(_x, _x.Now)) is { } violation)
            {
                return violation;
            }
        }

        return null;
    }

    private int HashCode(int walk) => unchecked((_seed * 1_000_003) + walk);

    // One step of one process, which is drawn by its weight among those that can move; the last one is storage.
    private bool Move(double[] weights)
    {
        double[] left = [.. weights];
        while (true)
        {
            double sum = left.Sum();
            if (sum == 0)
            {
                return false;
            }

            double draw = _random.NextDouble() * sum;
            int process = 0;
            while (process < left.Length - 1 && (left[process] == 0 || draw >= left[process]))
            {
                draw -= left[process];
                process++;
            }

            _choices = 0;
            if (process < _configuration.Processes.Count)
            {
                _configuration.Processes[process].Expand(_x);
            }
            else
            {
                _x.DeliverLate();
            }

            if (_choices > 0)
            {
                _x.Now.CopyFrom(_chosen);
                return true;
            }

            left[process] = 0;
        }
    }

    // Each of the steps that are found is taken with the same chance.
    private void Found(int process, string what)
    {
        _choices++;
        if (_random.Next(_choices) != 0)
        {
            return;
        }

        _chosen.CopyFrom(_x.Next);
        if (_isTraced)
        {
            if (_choices > 1)
            {
                _trace.RemoveAt(_trace.Count - 1);
            }

            _trace.Add(Words.OfStep(_x, process, what));
        }
    }
}
