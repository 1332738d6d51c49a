using System.Globalization;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace DurableSessions.Http.Limits;

/// <summary>
/// Bounds the requests that wait for commits: of each client, by its key or its address, and of all together. A wait costs little but its
/// connection, so that the rate of requests does not bound it.
/// </summary>
internal sealed class OpenWaits(IOptions<HttpLimits> limits)
{
    private readonly Lock _lock = new();
    private readonly ClientTally _open = new();

    /// <summary>The waits that are open.</summary>
    public long Count
    {
        get
        {
            lock (_lock)
            {
                return _open.All;
            }
        }
    }

    /// <summary>
    /// The most waits of all clients: ten times those of one, and at most half of the connections, so that what does not wait finds one.
    /// </summary>
    public static int MostOf(HttpLimits limits) => Math.Max(1, Math.Min(10 * limits.Waits, limits.Connections / 2));

    /// <summary>Begins a wait, which ends when it is disposed. To be called before anything is done for the request.</summary>
    /// <exception cref="ApiException">429: as many are open as may be.</exception>
    public IDisposable Begin(HttpContext http)
    {
        string client = ClientName.Of(http);
        int mostOfAll = MostOf(limits.Value);
        lock (_lock)
        {
            if (_open.Of(client) >= limits.Value.Waits)
            {
                throw Refused($"As many requests of this key or address wait as may, {limits.Value.Waits} (Limits:Waits)");
            }

            if (_open.All >= mostOfAll)
            {
                throw Refused($"As many requests wait on this host as may, {mostOfAll}");
            }

            _open.Add(client, 1);
        }

        return new Wait(this, client);
    }

    private static ApiException Refused(FormattableString why) =>
        new(ApiError.Busy($"{why.ToString(CultureInfo.InvariantCulture)}. Nothing was started; try again, or without a wait."));

    private void End(string client)
    {
        lock (_lock)
        {
            _open.Add(client, -1);
        }
    }

    private sealed class Wait(OpenWaits waits, string client) : IDisposable
    {
        private OpenWaits? _waits = waits;

        public void Dispose() => Interlocked.Exchange(ref _waits, null)?.End(client);
    }
}
