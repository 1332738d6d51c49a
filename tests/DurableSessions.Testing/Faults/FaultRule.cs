namespace DurableSessions.Testing;

/// <summary>Which requests a fault happens to.</summary>
internal sealed class FaultRule(Func<StorageRequest, bool> matches, Fault fault, int skip, int times)
{
    private readonly Lock _gate = new();
    private int _skip = skip;
    private int _times = times;

    public Fault Fault { get; } = fault;

    /// <summary>Whether the fault happens to this request. Counts.</summary>
    public bool Take(StorageRequest request)
    {
        lock (_gate)
        {
            if (_times == 0 || !matches(request))
            {
                return false;
            }

            if (_skip > 0)
            {
                _skip--;
                return false;
            }

            _times--;
            return true;
        }
    }
}
