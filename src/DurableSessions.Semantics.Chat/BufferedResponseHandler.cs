namespace DurableSessions.Semantics.Chat;

/// <summary>Reads a response to its end, at most 4 MiB, before it is returned, so that a truncated response fails and is retried.</summary>
internal sealed class BufferedResponseHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int MaxBytes = 4 * 1024 * 1024;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxBytes, cancellationToken);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
