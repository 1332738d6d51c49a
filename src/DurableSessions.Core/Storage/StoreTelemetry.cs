using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DurableSessions.Core.Storage;

/// <summary>
/// The metrics of the store, of all stores of a process together. None has a session, a user or a key as an attribute. The README of the
/// server lists them, with their units.
/// </summary>
public static class StoreTelemetry
{
    /// <summary>The name of the <see cref="Meter"/>.</summary>
    public const string MeterName = "DurableSessions.Core";

    private static readonly Meter s_meter = new(MeterName);
    private static readonly ConcurrentDictionary<object, Func<long>> s_caches = new();

    private static readonly Histogram<double> s_requests = s_meter.CreateHistogram<double>(
        "durable_sessions.storage.request.duration", "s", "One storage request as it is sent, each retry by itself.");

    private static readonly Histogram<double> s_appends = s_meter.CreateHistogram<double>(
        "durable_sessions.append.duration", "s", "One append, until its messages are stored.");

    private static readonly Counter<long> s_messages = s_meter.CreateCounter<long>(
        "durable_sessions.append.messages", "{message}", "Messages that appends have stored, or found stored.");

    private static readonly Counter<long> s_commits = s_meter.CreateCounter<long>(
        "durable_sessions.commits", "{commit}", "Attempts of commits that have come to an end on this host.");

    private static readonly Counter<long> s_healed = s_meter.CreateCounter<long>(
        "durable_sessions.archives.healed", "{archive}", "Degraded archives that a model has digested again on this host.");

    static StoreTelemetry() => s_meter.CreateObservableGauge(
        "durable_sessions.cache.size",
        static () => s_caches.Values.Sum(static bytes => bytes()),
        "By",
        "What the cache of the host holds.");

    /// <summary>Whether a host listens to what storage requests take.</summary>
    internal static bool MeasuresRequests => s_requests.Enabled;

    /// <summary>A storage request was answered, or was not.</summary>
    /// <param name="operation">Azure Storage's name of it.</param>
    /// <param name="area">What it is about: the first part of the blob's name.</param>
    /// <param name="status">The status of the answer; <see langword="null"/>: there was none.</param>
    /// <param name="took">From the request to the end of the answer, or to its headers where its body is read as it comes.</param>
    internal static void Sent(string operation, string area, int? status, TimeSpan took)
    {
        var tags = new TagList { { "durable_sessions.storage.operation", operation }, { "durable_sessions.storage.area", area } };
        if (status is { } code)
        {
            tags.Add("http.response.status_code", code);
        }
        else
        {
            tags.Add("error.type", "no_answer");
        }

        s_requests.Record(took.TotalSeconds, tags);
    }

    /// <summary>An append has ended.</summary>
    /// <param name="messages">The messages that are stored.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="error">Why it failed; <see langword="null"/>: it has not.</param>
    internal static void Appended(int messages, TimeSpan took, Exception? error)
    {
        if (error is null)
        {
            s_appends.Record(took.TotalSeconds);
            s_messages.Add(messages);
        }
        else
        {
            s_appends.Record(took.TotalSeconds, new KeyValuePair<string, object?>("error.type", error.GetType().FullName));
        }
    }

    /// <summary>An attempt of a commit has ended.</summary>
    /// <param name="outcome">How.</param>
    internal static void Committed(string outcome) =>
        s_commits.Add(1, new KeyValuePair<string, object?>("durable_sessions.commit.outcome", outcome));

    /// <summary>A degraded archive has a digest of a model.</summary>
    internal static void Healed() => s_healed.Add(1);

    /// <summary>Shows the size of a cache until it is disposed.</summary>
    internal static void Show(object cache, Func<long> bytes) => s_caches[cache] = bytes;

    /// <summary>The cache is disposed.</summary>
    internal static void Forget(object cache) => s_caches.TryRemove(cache, out _);
}
