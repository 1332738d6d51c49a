using System.Diagnostics.Metrics;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Hosting;

namespace DurableSessions.Ui.Hosts;

/// <summary>
/// What the meters of this process have measured in the last ten minutes, a sample every five seconds: the same that <c>/metrics</c> has,
/// kept for the charts of a page.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class Rates(TimeProvider time) : BackgroundService
{
    /// <summary>How far apart two samples are.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>The samples that are kept.</summary>
    public const int Kept = 120;

    // By name, as the package of an engine may not be there.
    private const string EngineMeter = "DurableSessions.Engine";
    private const string Status = "http.response.status_code";

    private readonly Lock _lock = new();
    private readonly Dictionary<Quantity, double> _now = [];
    private readonly Dictionary<Quantity, Queue<double>> _samples =
        Enum.GetValues<Quantity>().ToDictionary(static q => q, static _ => new Queue<double>());

    private int _ticks;

    /// <summary>How many samples were taken.</summary>
    public int Ticks => Volatile.Read(ref _ticks);

    /// <summary>The samples of a quantity, oldest first; at most <see cref="Kept"/>.</summary>
    public IReadOnlyList<double> Of(Quantity quantity)
    {
        lock (_lock)
        {
            return [.. _samples[quantity]];
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using MeterListener listener = Listen();
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                listener.RecordObservableInstruments();
                Sample();
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Sample()
    {
        lock (_lock)
        {
            foreach ((Quantity quantity, Queue<double> samples) in _samples)
            {
                double value = _now.GetValueOrDefault(quantity);
                samples.Enqueue(quantity switch
                {
                    Quantity.Loaded or Quantity.Waiting => value,
                    Quantity.Commits or Quantity.Refused or Quantity.Retries => value * 60 / Interval.TotalSeconds,
                    _ => value / Interval.TotalSeconds,
                });
                if (samples.Count > Kept)
                {
                    samples.Dequeue();
                }
            }

            _now.Clear();
            _ticks++;
        }
    }

    private MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name is StoreTelemetry.MeterName or EngineMeter)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Add(instrument.Name, 1, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        listener.Start();
        return listener;
    }

    private void Add(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Quantity? quantity = name switch
        {
            "durable_sessions.append.messages" => Quantity.Messages,
            "durable_sessions.commits" => Quantity.Commits,
            "durable_sessions.storage.request.duration" => Quantity.Requests,
            "durable_sessions.activity.retries" => Quantity.Retries,
            "durable_sessions.instances.loaded" => Quantity.Loaded,
            "durable_sessions.activity.queue" => Quantity.Waiting,
            _ => null,
        };
        if (quantity is not { } known)
        {
            return;
        }

        bool isRefused = false;
        foreach ((string key, object? tag) in tags)
        {
            isRefused |= key == Status && tag is 409 or 412 or 429 or 503;
        }

        lock (_lock)
        {
            _now[known] = _now.GetValueOrDefault(known) + value;
            if (known == Quantity.Requests && isRefused)
            {
                _now[Quantity.Refused] = _now.GetValueOrDefault(Quantity.Refused) + 1;
            }
        }
    }

    /// <summary>What is measured.</summary>
    internal enum Quantity
    {
        /// <summary>Messages appended in a second.</summary>
        Messages,

        /// <summary>Attempts of commits that ended in a minute.</summary>
        Commits,

        /// <summary>Storage requests in a second.</summary>
        Requests,

        /// <summary>Storage requests in a minute that met a conflict (409, 412) or were throttled (429, 503).</summary>
        Refused,

        /// <summary>Steps in a minute that were tried again.</summary>
        Retries,

        /// <summary>Instances that run on this host.</summary>
        Loaded,

        /// <summary>Steps that wait for a slot of this host.</summary>
        Waiting,
    }
}
