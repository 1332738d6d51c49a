using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http.Endpoints;

/// <summary>
/// Whether storage and engine answer. They are asked at most once in <see cref="MaxAge"/>, however many probes there are: probes need no
/// key and are not limited.
/// </summary>
internal sealed class Readiness(SessionStorage storage, OrchestrationClient engine, TimeProvider time, ILogger<Readiness> logger)
{
    /// <summary>How long an answer stands.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(5);
    private static readonly OrchestrationQuery AnyInstance = new() { PageSize = 1 };

    private readonly Lock _lock = new();
    private Task<Answer>? _last;

    /// <summary>What was found; probes that come while it is looked for share it.</summary>
    public async Task<Answer> AskAsync(CancellationToken cancellationToken)
    {
        Task<Answer> last;
        lock (_lock)
        {
            if (_last is null || (_last.IsCompleted && !IsFresh(_last)))
            {
                _last = CheckAsync();
            }

            last = _last;
        }

        return await last.WaitAsync(cancellationToken);
    }

    private bool IsFresh(Task<Answer> answer) => answer.IsCompletedSuccessfully && time.GetElapsedTime(answer.Result.At) < MaxAge;

    private async Task<Answer> CheckAsync()
    {
        bool[] ready = await Task.WhenAll(
            IsReadyAsync("storage", token => storage.Container.ExistsAsync(token)),
            IsReadyAsync("engine", token => engine.ListInstancesAsync(AnyInstance, token)));
        return new Answer(ready[0], ready[1], time.GetTimestamp());
    }

    private async Task<bool> IsReadyAsync(string name, Func<CancellationToken, Task> check)
    {
        using var limit = new CancellationTokenSource(CheckTimeout, time);
        try
        {
            await check(limit.Token).WaitAsync(limit.Token);
            return true;
        }
        catch (Exception e)
        {
            Log.NotReady(logger, e, name);
            return false;
        }
    }

    /// <summary>What was found, and when.</summary>
    internal sealed record Answer(bool Storage, bool Engine, long At);
}
