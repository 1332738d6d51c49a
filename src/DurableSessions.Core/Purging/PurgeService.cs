using DurableSessions.Orchestration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Purging;

/// <summary>Has this host look, a minute after its start and every hour, whether it is its turn to purge.</summary>
internal sealed class PurgeService(Purge purge, TimeProvider time, ILogger<PurgeService> logger) : BackgroundService
{
    private static readonly TimeSpan First = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Later = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (TimeSpan wait = First; ; wait = Later)
        {
            // Hosts that were started together do not look together.
            await Task.Delay(wait * (1 + Jitter.Draw(time)), time, stoppingToken);
            try
            {
                await purge.RunAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                logger.PurgeFailed(e);
            }
        }
    }
}
