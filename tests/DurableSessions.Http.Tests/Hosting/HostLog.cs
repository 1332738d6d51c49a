using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http.Tests.Hosting;

/// <summary>An entry of a log.</summary>
internal sealed record LogEntry(string Category, EventId Event, LogLevel Level, string Text, IReadOnlyDictionary<string, object?> Fields)
{
    /// <summary>The fields as texts, without the template, in the order of their names.</summary>
    public string FieldText => string.Join(
        "; ",
        Fields.Where(static f => f.Key != "{OriginalFormat}")
            .OrderBy(static f => f.Key, StringComparer.Ordinal)
            .Select(static f => $"{f.Key}={f.Value}"));
}

/// <summary>Keeps what a host logs.</summary>
internal sealed class HostLog : ILoggerProvider
{
    private readonly List<LogEntry> _entries = [];
    private readonly Channel<LogEntry> _unread = Channel.CreateUnbounded<LogEntry>();

    /// <summary>All entries so far.</summary>
    public IReadOnlyList<LogEntry> Entries
    {
        get
        {
            lock (_entries)
            {
                return [.. _entries];
            }
        }
    }

    /// <summary>The next entry with this id, of those that were not read; fails where none has come within 30 s.</summary>
    public async Task<LogEntry> NextAsync(int id)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (LogEntry entry in _unread.Reader.ReadAllAsync(limit.Token))
        {
            if (entry.Event.Id == id)
            {
                return entry;
            }
        }

        throw new InvalidOperationException("The log does not end.");
    }

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Category(HostLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var fields = new Dictionary<string, object?>(state as IEnumerable<KeyValuePair<string, object?>> ?? []);
            var entry = new LogEntry(name, eventId, logLevel, formatter(state, exception), fields);
            lock (log._entries)
            {
                log._entries.Add(entry);
            }

            log._unread.Writer.TryWrite(entry);
        }
    }
}
