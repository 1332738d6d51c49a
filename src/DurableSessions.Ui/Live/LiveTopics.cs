using DurableSessions.Http.Errors;

namespace DurableSessions.Ui.Live;

/// <summary>
/// What viewers look at, looked at by this host once for all of them: each topic every second while a page of it is open, and not once more
/// after the last has closed.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class LiveTopics(TimeProvider time)
{
    /// <summary>The most topics at a time.</summary>
    public const int MostTopics = 500;

    /// <summary>How long a change may stay unseen, besides the look itself.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Topic> _topics = new(StringComparer.Ordinal);

    /// <summary>Begins to look at a topic, or joins those who do.</summary>
    /// <param name="name">Of the topic: one that reads the same has the same.</param>
    /// <param name="read">Reads what is another text after each change.</param>
    /// <exception cref="ApiException">429: as many topics as may are looked at.</exception>
    public Viewing Join(string name, Func<CancellationToken, Task<string>> read)
    {
        lock (_lock)
        {
            if (!_topics.TryGetValue(name, out Topic? topic))
            {
                if (_topics.Count >= MostTopics)
                {
                    throw new ApiException(ApiError.Busy("As many pages as may are shown live on this host. Load the page again later."));
                }

                topic = new Topic();
                _topics.Add(name, topic);

                // For all viewers: it belongs to no request, nor to a request's trace.
                using AsyncFlowControl apart = ExecutionContext.SuppressFlow();
                _ = Task.Run(() => LookAsync(topic, read));
            }

            topic.Viewers++;
            return new Viewing(() => Leave(name, topic), topic);
        }
    }

    private void Leave(string name, Topic topic)
    {
        lock (_lock)
        {
            if (--topic.Viewers == 0)
            {
                _topics.Remove(name);
                topic.Ended.Cancel();
            }
        }
    }

    private async Task LookAsync(Topic topic, Func<CancellationToken, Task<string>> read)
    {
        using CancellationTokenSource ended = topic.Ended;
        while (!ended.IsCancellationRequested)
        {
            try
            {
                topic.Set(await read(ended.Token));
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Storage is away, or what is looked at has gone: the page, loaded again, says so.
                topic.Set("error");
            }
            catch (OperationCanceledException)
            {
            }

            await Task.Delay(Interval, time, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One look of one viewer.</summary>
    internal sealed class Viewing(Action leave, Topic topic) : IDisposable
    {
        private int _isOver;

        /// <summary>Waits until the topic is another than a viewer has seen.</summary>
        /// <param name="seen">What it has seen; <see langword="null"/>: nothing.</param>
        /// <param name="cancellationToken">Ends the wait.</param>
        public async Task<string> NextAsync(string? seen, CancellationToken cancellationToken)
        {
            while (true)
            {
                (string? now, Task changed) = topic.Now;
                if (now is not null && now != seen)
                {
                    return now;
                }

                await changed.WaitAsync(cancellationToken);
            }
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
            {
                leave();
            }
        }
    }

    /// <summary>What viewers look at.</summary>
    internal sealed class Topic
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private string? _version;

        public CancellationTokenSource Ended { get; } = new();

        public int Viewers { get; set; }

        public (string? Version, Task Changed) Now
        {
            get
            {
                lock (_lock)
                {
                    return (_version, _changed.Task);
                }
            }
        }

        public void Set(string version)
        {
            TaskCompletionSource changed;
            lock (_lock)
            {
                if (version == _version)
                {
                    return;
                }

                _version = version;
                changed = _changed;
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            changed.SetResult();
        }
    }
}
