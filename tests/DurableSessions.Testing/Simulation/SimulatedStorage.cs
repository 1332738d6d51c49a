using System.Globalization;
using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;

namespace DurableSessions.Testing;

/// <summary>
/// A storage account in memory that answers in process: containers, block blobs and append blobs, as far as the product uses
/// them. Requests are carried out one at a time, each as a whole; ETags come from a counter and times from a clock, so the same
/// requests in the same order get the same answers. What it does not know is an error of the test that names the request:
/// see <see cref="UnknownRequestException"/>.
/// </summary>
public sealed class SimulatedStorage
{
    /// <summary>
    /// For a client with <see cref="Configure"/> applied to its options. The address leads nowhere, so that a client that was not
    /// configured reaches nothing.
    /// </summary>
    public const string ConnectionString = "BlobEndpoint=https://simulated.invalid;AccountName=simulated;AccountKey=c2ltdWxhdGVk";

    /// <summary>The same address, for clients without a key.</summary>
    internal static readonly Uri Address = new("https://simulated.invalid");

    private readonly SimulatedAccount _account;
    private readonly Lock _gate = new();

    /// <summary>An account without a container.</summary>
    /// <param name="time">For the times of blobs; the system's, where null.</param>
    /// <param name="asService">Where it answers as the service does, and not as Azurite.</param>
    public SimulatedStorage(TimeProvider? time = null, params IEnumerable<ServiceDifference> asService) =>
        _account = new SimulatedAccount(time ?? TimeProvider.System, asService.ToHashSet());

    private SimulatedStorage(SimulatedAccount account) => _account = account;

    /// <summary>The account as it is now, by another clock; what is done to one is not done to the other.</summary>
    internal SimulatedStorage Copy(TimeProvider time)
    {
        lock (_gate)
        {
            return new SimulatedStorage(_account.Copy(time));
        }
    }

    /// <summary>Has a client send its requests here. Faults and logs are configured after it.</summary>
    public void Configure(BlobClientOptions options) => options.Transport = new SimulatedTransport(this);

    /// <summary>Both clients of a container, which need not exist.</summary>
    /// <param name="containerName">The container's name.</param>
    /// <param name="configure">Applied to both clients' options: faults, a request log.</param>
    public SessionStorage Connect(string containerName, Action<BlobClientOptions>? configure = null) =>
        ConnectUnsigned(containerName, options =>
        {
            Configure(options);
            configure?.Invoke(options);
        });

    /// <summary>
    /// Both clients of a container, as a host has them but for what only costs here: no signature, which no simulated storage looks at, and
    /// no diagnostics, which no test of these clients does.
    /// </summary>
    /// <param name="containerName">The container's name.</param>
    /// <param name="configure">Applied to both clients' options: their transport, faults, a request log.</param>
    internal static SessionStorage ConnectUnsigned(string containerName, Action<BlobClientOptions> configure) =>
        SessionStorage.Connect(Address, containerName, options =>
        {
            options.Diagnostics.IsLoggingEnabled = false;
            options.Diagnostics.IsDistributedTracingEnabled = false;
            options.Diagnostics.IsTelemetryEnabled = false;
            configure(options);
        });

    private SimulatedAnswer Answer(SimulatedOperation operation, SimulatedRequest request)
    {
        try
        {
            return operation.Answer(_account, request);
        }
        catch (StorageFailureException e)
        {
            return e.ToAnswer(request.Method);
        }
    }

    /// <exception cref="UnknownRequestException">The request, or something in it, is not simulated.</exception>
    internal SimulatedAnswer Answer(SimulatedRequest request)
    {
        SimulatedOperation operation = SimulatedOperation.Of(request);
        lock (_gate)
        {
            return Answer(operation, request).With("Date", _account.Now.ToString("R", CultureInfo.InvariantCulture));
        }
    }
}
