// Takes bodies as text, and does nothing with them: what cmsban does not do.

SetHttpHandler((request, response) => {
  request.setDataHandler((body) => {
    response.writeHead(200, {});
    response.send(String(body.length));
  });
});
