using Azure;
using Azure.Core;

namespace DurableSessions.Testing;

/// <summary>What happens to a request on its way to storage and back.</summary>
public abstract class Fault
{
    /// <summary>The request never arrives; the client sees a broken connection.</summary>
    public static Fault FailBeforeSending { get; } = new FailedBeforeSending();

    /// <summary>Storage carries the request out; the client sees a broken connection instead of the answer.</summary>
    public static Fault DropAnswer { get; } = new DroppedAnswer();

    /// <summary>The request never arrives, and nothing comes back until the client gives up.</summary>
    public static Fault NeverAnswer { get; } = new NeverAnswered();

    /// <summary>The request never arrives; the client sees this answer.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="errorCode">The <c>x-ms-error-code</c>.</param>
    /// <param name="retryAfter">The <c>Retry-After</c> header, in whole seconds.</param>
    public static Fault Respond(int status, string errorCode, TimeSpan? retryAfter = null) =>
        new CannedAnswer(status, errorCode, retryAfter);

    /// <summary>What the failure list of a test calls it.</summary>
    public abstract override string ToString();

    internal abstract Task ApplyAsync(Delivery delivery);

    internal static RequestFailedException BrokenConnection() =>
        new("The connection was broken (injected).", new HttpRequestException(HttpRequestError.ConnectionError, "Injected."));

    private sealed class FailedBeforeSending : Fault
    {
        public override string ToString() => "not sent";

        internal override Task ApplyAsync(Delivery delivery) => Task.FromException(BrokenConnection());
    }

    private sealed class NeverAnswered : Fault
    {
        public override string ToString() => "never answered";

        internal override Task ApplyAsync(Delivery delivery) => Task.Delay(Timeout.InfiniteTimeSpan, delivery.Message.CancellationToken);
    }

    private sealed class DroppedAnswer : Fault
    {
        public override string ToString() => "answer dropped";

        internal override async Task ApplyAsync(Delivery delivery)
        {
            await delivery.SendCopyAsync();
            throw BrokenConnection();
        }
    }

    private sealed class CannedAnswer(int status, string errorCode, TimeSpan? retryAfter) : Fault
    {
        public override string ToString() => $"answered {status} {errorCode}";

        internal override Task ApplyAsync(Delivery delivery)
        {
            HttpMessage message = delivery.Message;
            message.Response = new CannedResponse(status, errorCode, retryAfter, message.Request.ClientRequestId);
            return Task.CompletedTask;
        }
    }
}
