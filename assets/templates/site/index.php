<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{{ title }}</title>
</head>
<body>
  <h1>{{ title }}</h1>
  <p>This site is set up and runs PHP <?= PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION ?>. Put its code in place of this page.</p>
</body>
</html>
