using DurableSessions.Core;
using DurableSessions.Core.Auditing;

namespace DurableSessions.Ui.Hosts;

/// <summary>
/// The audit of storage, begun by an operator: one at a time on a host, without repair. What it last found is this host's alone, and gone
/// when it stops; the command <c>check</c> finds the same.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="time">The clock.</param>
internal sealed class StorageCheckRun(SessionStore store, TimeProvider time) : IDisposable
{
    /// <summary>The findings that are kept; the others are counted.</summary>
    public const int Kept = 200;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private volatile CheckState? _last;

    /// <summary>The last one, or the one under way; <see langword="null"/>: there was none.</summary>
    public CheckState? Last => _last;

    /// <summary>Begins one. False: one is under way.</summary>
    public bool TryBegin()
    {
        lock (_lock)
        {
            if (_last is { EndedAt: null })
            {
                return false;
            }

            _last = new CheckState(time.GetUtcNow(), null, null, default, [], 0, 0);
            _ = RunAsync();
            return true;
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var found = new List<Finding>();
        string? error = null;
        try
        {
            var progress = new Report(p => _last = _last! with { Progress = p });
            await foreach (Finding finding in store.Audit.RunAsync(new AuditOptions(), progress, _stop.Token))
            {
                if (found.Count < Kept)
                {
                    found.Add(finding);
                }

                bool isError = finding.Severity == FindingSeverity.Error;
                _last = _last! with
                {
                    Findings = [.. found],
                    Errors = _last!.Errors + (isError ? 1 : 0),
                    Others = _last!.Others + (isError ? 0 : 1),
                };
            }
        }
        catch (Exception e)
        {
            // Its message may have an address of storage in it; what the host logs of storage has it.
            error = $"It could not be completed: {e.GetType().Name}.";
        }

        _last = _last! with { EndedAt = time.GetUtcNow(), Error = error };
    }

    private sealed class Report(Action<AuditProgress> take) : IProgress<AuditProgress>
    {
        void IProgress<AuditProgress>.Report(AuditProgress value) => take(value);
    }
}
