using System.Globalization;

namespace DurableSessions.Testing;

/// <summary>What is stored. Its user holds a lock.</summary>
internal sealed class SimulatedAccount(TimeProvider time, IReadOnlySet<ServiceDifference> asService)
{
    /// <summary>How long the service keeps the name of a deleted container, at least.</summary>
    private static readonly TimeSpan s_keepsName = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, SimulatedContainer> _containers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _deleted = new(StringComparer.Ordinal);
    private long _stamps;

    /// <summary>The account as it is now, by another clock; what is done to one is not done to the other.</summary>
    public SimulatedAccount Copy(TimeProvider clock)
    {
        var copy = new SimulatedAccount(clock, asService) { _stamps = _stamps };
        foreach ((string name, SimulatedContainer container) in _containers)
        {
            copy._containers.Add(name, container.Copy());
        }

        foreach ((string name, DateTimeOffset at) in _deleted)
        {
            copy._deleted.Add(name, at);
        }

        return copy;
    }

    public bool AsService(ServiceDifference difference) => asService.Contains(difference);

    /// <summary>What the clock of storage says.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>A version that nothing has had yet.</summary>
    public Stamp NextStamp() => new(string.Create(CultureInfo.InvariantCulture, $"0x{++_stamps:X}"), time.GetUtcNow());

    public SimulatedContainer? Find(string container) => _containers.GetValueOrDefault(container);

    /// <exception cref="StorageFailureException">404: there is no such container.</exception>
    public SimulatedContainer Get(SimulatedRequest request) => Find(request.Container) ?? throw StorageFailureException.ContainerNotFound();

    public void Add(string name, SimulatedContainer container) => _containers.Add(name, container);

    public void Remove(string name)
    {
        _containers.Remove(name);
        _deleted[name] = time.GetUtcNow();
    }

    /// <summary>Whether a container of the name is being deleted: see <see cref="ServiceDifference.DeletedContainerFreesName"/>.</summary>
    public bool KeepsName(string name) =>
        AsService(ServiceDifference.DeletedContainerFreesName)
        && _deleted.TryGetValue(name, out DateTimeOffset at)
        && time.GetUtcNow() - at < s_keepsName;
}
