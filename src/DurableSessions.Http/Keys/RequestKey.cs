namespace DurableSessions.Http.Keys;

/// <summary>A feature of a request: the key by which it is authenticated.</summary>
internal sealed class RequestKey(ApiKey key)
{
    public ApiKey Key => key;
}
