namespace DurableSessions.Testing;

/// <summary>Requests to a container as a whole.</summary>
internal static class ContainerRequests
{
    public static SimulatedAnswer Create(SimulatedAccount account, SimulatedRequest request)
    {
        if (account.Find(request.Container) is not null)
        {
            throw StorageFailureException.ContainerAlreadyExists();
        }

        if (account.KeepsName(request.Container))
        {
            throw StorageFailureException.ContainerBeingDeleted();
        }

        var container = new SimulatedContainer(account.NextStamp(), request.Metadata);
        account.Add(request.Container, container);
        return new SimulatedAnswer(201).With(container.Stamp);
    }

    public static SimulatedAnswer Properties(SimulatedAccount account, SimulatedRequest request)
    {
        SimulatedContainer container = account.Get(request);
        SimulatedAnswer answer = new SimulatedAnswer(200)
            .With(container.Stamp)
            .With("x-ms-lease-status", "unlocked")
            .With("x-ms-lease-state", "available");
        foreach ((string name, string value) in container.Metadata)
        {
            answer.With("x-ms-meta-" + name, value);
        }

        return answer;
    }

    /// <summary>Replaces all of it; the product sends no condition.</summary>
    public static SimulatedAnswer SetMetadata(SimulatedAccount account, SimulatedRequest request)
    {
        SimulatedContainer container = account.Get(request);
        container.Metadata = request.Metadata;
        container.Stamp = account.NextStamp();
        return new SimulatedAnswer(200).With(container.Stamp);
    }

    /// <summary>With all blobs in it.</summary>
    public static SimulatedAnswer Delete(SimulatedAccount account, SimulatedRequest request)
    {
        account.Get(request);
        account.Remove(request.Container);
        return new SimulatedAnswer(202);
    }
}
