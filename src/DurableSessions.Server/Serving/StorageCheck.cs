using Azure;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace DurableSessions.Server.Serving;

/// <summary>Reaches storage once before anything is served, and creates the container where it is missing.</summary>
internal static class StorageCheck
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    /// <exception cref="StartException">Storage does not answer in time, or refuses.</exception>
    public static async Task RunAsync(BlobContainerClient container, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_timeout);
        try
        {
            // Checked first: an identity may have access to the container without the right to create one.
            if (!await container.ExistsAsync(limit.Token))
            {
                await container.CreateIfNotExistsAsync(cancellationToken: limit.Token);
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StartException($"Storage at {container.Uri} has not answered within {s_timeout.TotalSeconds:0} seconds.", e);
        }
        catch (AuthenticationFailedException e)
        {
            throw new StartException(
                $"There are no Azure credentials for {container.Uri}: sign in with 'az login', or give the server a managed identity.", e);
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

    private static string Explain(BlobContainerClient container, RequestFailedException e) => e.Status switch
    {
        0 => Unreachable(container, e),
        401 or 403 => $"Storage at {container.Uri} refuses the credentials ({e.ErrorCode}): "
            + "check the account key, or the role Storage Blob Data Contributor.",
        _ => $"Storage at {container.Uri} cannot be used: it answered {e.Status} {e.ErrorCode}.",
    };

    private static string Unreachable(BlobContainerClient container, Exception e) =>
        $"Storage at {container.Uri} cannot be reached: {e.GetBaseException().Message}.";
}
