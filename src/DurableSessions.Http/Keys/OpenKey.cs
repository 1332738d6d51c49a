using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Keys;

/// <summary>A key by which requests are authenticated that have not ended.</summary>
internal sealed class OpenKey(string id) : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private volatile ApiError? _error;

    public string Id => id;

    /// <summary>How many requests hold it; guarded by <see cref="OpenKeys"/>.</summary>
    public int Requests { get; set; }

    /// <summary>Why its requests are to end; <see langword="null"/> while they may go on.</summary>
    public ApiError? Error => _error;

    /// <summary>Cancelled after <see cref="Error"/> is set.</summary>
    public CancellationToken Ended => _ended.Token;

    public Task EndAsync(ApiError error)
    {
        _error = error;
        return _ended.CancelAsync();
    }

    public void Dispose() => _ended.Dispose();
}
