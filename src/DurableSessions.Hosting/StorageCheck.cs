using Azure;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace DurableSessions.Hosting;

/// <summary>Reaches storage once before anything is served, and creates the container where it may be missing.</summary>
public static class StorageCheck
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    /// <param name="container">The container.</param>
    /// <param name="ifMissing">
    /// What a start without the container says, after where it is missing; <see langword="null"/>: it is created.
    /// </param>
    /// <param name="report">Receives one line where it is created.</param>
    /// <param name="cancellationToken">Stops the attempt.</param>
    /// <exception cref="StartException">Storage does not answer in time, or refuses, or has no such container.</exception>
    public static async Task RunAsync(
        BlobContainerClient container, string? ifMissing, Action<string> report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(report);
        try
        {
            await WithinTimeAsync(container, limit => EnsureAsync(container, ifMissing, report, limit), cancellationToken);
        }
        catch (AuthenticationFailedException e)
        {
            throw new StartException(
                $"There are no Azure credentials for {container.Address()}: sign in with 'az login', or give this host a managed "
                + "identity.",
                e);
        }
        catch (RequestFailedException e)
        {
            throw new StartException(Explain(container, e), e);
        }
        catch (AggregateException e)
        {
            throw new StartException(Unreachable(container, e.InnerExceptions[^1]), e);
        }
    }

    /// <summary>Runs requests to storage, and ends them after the time that a start has for them.</summary>
    /// <exception cref="StartException">They have taken longer.</exception>
    internal static async Task WithinTimeAsync(
        BlobContainerClient container, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_timeout);
        try
        {
            await run(limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StartException($"Storage at {container.Address()} has not answered within {s_timeout.TotalSeconds:0} seconds.", e);
        }
    }

    private static async Task EnsureAsync(
        BlobContainerClient container, string? ifMissing, Action<string> report, CancellationToken cancellationToken)
    {
        // Checked first: an identity may have access to the container without the right to create one.
        if (await container.ExistsAsync(cancellationToken))
        {
            return;
        }

        if (ifMissing is not null)
        {
            throw new StartException($"There is no container at {container.Address()}{ifMissing}");
        }

        await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        report($"There was no container at {container.Address()}; it is created.");
    }

    private static string Explain(BlobContainerClient container, RequestFailedException e) => e.Status switch
    {
        0 => Unreachable(container, e),
        401 or 403 => $"Storage at {container.Address()} refuses the credentials ({e.ErrorCode}): "
            + "check the account key, or the role Storage Blob Data Contributor.",
        _ => $"Storage at {container.Address()} cannot be used: it answered {e.Status} {e.ErrorCode}.",
    };

    private static string Unreachable(BlobContainerClient container, Exception e) =>
        $"Storage at {container.Address()} cannot be reached: {e.GetBaseException().Message}.";
}
