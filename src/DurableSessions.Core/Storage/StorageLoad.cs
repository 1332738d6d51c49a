using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace DurableSessions.Core.Storage;

/// <summary>
/// The storage requests that a host has in flight, retries included: bounded, and fewer where storage throttles or times out. While there
/// is room a request goes at once; else it waits: what renews an ownership before all, work under way before <see cref="NewWork"/>.
/// </summary>
/// <remarks>
/// Signals are 503 and 429 (also to a rate of requests), 500 <c>OperationTimedOut</c> and answers that do not come within the client's
/// timeout, as Azure Storage has them (learn.microsoft.com/azure/storage/blobs/scalability-targets). A request counts until its answer's
/// headers are there. What waits is in memory alone: a crash leaves nothing of it, as nothing was sent.
/// </remarks>
public sealed class StorageLoad
{
    /// <summary>The lower bound of the requests that may be in flight.</summary>
    public const int MinRequests = InFlightWindow.Least;

    /// <summary>The upper bound of the requests that may be in flight.</summary>
    public const int MaxRequests = 1_000;

    // The embedded engine gives it to the requests by which it keeps an instance; see its README.
    private const string OwnerProperty = "DurableSessions.Engine.Owner";

    /// <summary>For the clients of one host.</summary>
    /// <param name="mostRequests">In flight at a time: <see cref="MinRequests"/> to <see cref="MaxRequests"/>.</param>
    /// <param name="time">Its clock.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are too few or too many.</exception>
    public StorageLoad(int mostRequests, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mostRequests, MinRequests);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mostRequests, MaxRequests);
        Queue = new RequestQueue(mostRequests, time);
    }

    /// <summary>
    /// How long new work waits before it begins; above it, a host refuses it. Longer than a storage that is not overloaded stands still:
    /// an Azurite that is full of blobs does so for a second.
    /// </summary>
    public static TimeSpan LongestExpectedWait { get; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How long the first storage request of new work would wait now, as far as can be said.</summary>
    public TimeSpan ExpectedWait => Queue.Expected;

    internal RequestQueue Queue { get; }

    /// <summary>Counts the requests of a client with these options.</summary>
    public void Configure(BlobClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.AddPolicy(new Policy(Queue), HttpPipelinePosition.PerRetry);
    }

    // Outside of the client's timeout for one attempt, so that the wait does not count to it.
    private sealed class Policy(RequestQueue queue) : HttpPipelinePolicy
    {
        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            long number = queue.EnterAsync(Renews(message), message.CancellationToken).AsTask().GetAwaiter().GetResult();
            RequestEnd end = RequestEnd.Unknown;
            try
            {
                ProcessNext(message, pipeline);
                end = EndOf(message);
            }
            catch (OperationCanceledException) when (!message.CancellationToken.IsCancellationRequested)
            {
                end = RequestEnd.TimedOut;
                throw;
            }
            finally
            {
                queue.Leave(number, end);
            }
        }

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            long number = await queue.EnterAsync(Renews(message), message.CancellationToken);
            RequestEnd end = RequestEnd.Unknown;
            try
            {
                await ProcessNextAsync(message, pipeline);
                end = EndOf(message);
            }
            catch (OperationCanceledException) when (!message.CancellationToken.IsCancellationRequested)
            {
                end = RequestEnd.TimedOut;
                throw;
            }
            finally
            {
                queue.Leave(number, end);
            }
        }

        private static bool Renews(HttpMessage message) => message.TryGetProperty(OwnerProperty, out _);

        private static RequestEnd EndOf(HttpMessage message) => message.Response.Status switch
        {
            503 or 429 => RequestEnd.Throttled,
            500 when message.Response.Headers.TryGetValue("x-ms-error-code", out string? code) && code == "OperationTimedOut" =>
                RequestEnd.TimedOut,
            _ => RequestEnd.Answered,
        };
    }
}
